"""How operators walk their tensors, from the strides that were captured."""

from graphperf.analysis.graph import Graph, Operator, Tensor
from graphperf.analysis.mapping.access import access_of

CONTIGUOUS, TRANSPOSED = (64, 8, 1), (64, 1, 8)


def graph(kind: str, first: tuple[int, ...], second: tuple[int, ...], **attributes: int) -> Graph:
    tensors = tuple(
        Tensor(index, (4, 8, 8), "float32", strides, index, "activation")
        for index, strides in enumerate((first, second))
    )
    operator = Operator(0, kind, kind, f"aten.{kind}", (0,), ("input",), (1,), attributes, "", 0, (), False)
    return Graph("net", (operator,), tensors, {}, (), (), (0,), (1,), 0)


def test_tensors_in_one_order_are_walked_in_a_row() -> None:
    found = graph("relu", TRANSPOSED, TRANSPOSED)
    assert not access_of(found.operators[0], "pointwise", found).irregular
    mixed = graph("relu", TRANSPOSED, CONTIGUOUS)
    assert access_of(mixed.operators[0], "pointwise", mixed).irregular
    assert access_of(graph("cat", CONTIGUOUS, CONTIGUOUS).operators[0], "movement", found).irregular


def test_norms_copy_what_is_not_contiguous() -> None:
    for strides, copied in ((CONTIGUOUS, False), (TRANSPOSED, True)):
        net = graph("softmax", strides, CONTIGUOUS, dim=-1)
        access = access_of(net.operators[0], "normalization", net)
        assert (access.softmax_row, access.row, access.recopied) == (8, 0, copied)
    net = graph("layer_norm", CONTIGUOUS, CONTIGUOUS)
    assert access_of(net.operators[0], "normalization", net).row == 64


def test_other_operators_are_regular() -> None:
    net = graph("linear", TRANSPOSED, CONTIGUOUS)
    assert not any(access_of(net.operators[0], "matmul", net))
