"""What the name, the annotation and the use of a constructor parameter suggest, as expressions, likeliest first."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from torch import nn

from .usage import Usage, usage_of

# Patterns of names, and the expressions that stand for a typical value.
_TYPICAL: list[tuple[str, tuple[str, ...]]] = [
    (r"(image|img|input|resolution|crop)_?(size|res|resolution|dim|shape)?s?", ("224", "(224, 224)", "64")),
    (r"(window|win)_?(size)?", ("7", "(7, 7)", "[7, 7]", "8")),
    (r"(num_|n_)?(frames?|num_frames)_?(size)?", ("8",)),
    (r"patch_?(size|sz)?(_\w+)?", ("16", "(16, 16)", "4")),
    (
        r"(n_?|num_?)?(kv_?|query_?|attn_?|attention_?)?(n_)?(head|heads|nhead|nheads|num_heads)(_num)?s?",
        ("8", "4", "1", "[8, 8, 8, 8]"),
    ),
    (r"(dim_?head|head_?dim|d_k|d_v|d_kv|head_(size|channels)|dim_per_head|qk_dim|key_dim)", ("32", "8", "64")),
    (r"(group_size|num_groups|groups?|n_groups|cardinality|ngroups|norm_groups?)", ("1", "8", "4", "32")),
    (r"(kernel|filter|conv_?kernel)_?(size|sz|width)?s?|k|ks|ksize", ("3", "(3, 3)", "[3, 3, 3]", "1", "7")),
    (
        r"strides?|s|downsample_(factor|rate)|scale_?(factor)?|upscale(_factor)?|up_?scale|factor|dw_stride",
        ("1", "2", "(1, 1)", "[1, 1, 1]", "4"),
    ),
    (r"padding|pad|p", ("1", "0", "'same'", "(1, 1)")),
    (r"dilations?|d|rate|atrous_rates?", ("1", "(6, 12, 18)", "[1, 1]")),
    (r".*(drop|dropout|drop_?path|drop_?prob|drop_?rate|p_drop)(out)?(_\w+)?", ("0.0", "0.1", "[0.0, 0.0, 0.0, 0.0]")),
    (r"eps(ilon)?|.*_eps", ("1e-5",)),
    (
        r"(num_|n_|nb_)?(classes|class|num_classes|labels|outputs|nclass|cls|categories|classes_num)|nc|n_?class(es)?|out_classes",
        ("1000", "10"),
    ),
    (
        r"(n_|num_)?(vocab|vocabulary|tokens|embeddings|words|vocab_size|ntoken|symbols)(_size)?s?|dict(ionary)?_size|codebook_size|.*_vocab(_size)?",
        ("1000", "256"),
    ),
    (
        r"(max_)?(seq_?len|sequence_length|len|length|seq_length|position_embeddings|positions|context_length|block_size|n_ctx|max_len|context_size)(gth)?|n_positions|max_\w*len(gth)?",
        ("128", "1024"),
    ),
    (r".*(momentum|decay)", ("0.1",)),
    (r".*(ratio|rate|prob|probability|fraction|frac|percent|percentage|threshold|thresh)", ("0.5", "4", "0.0")),
    (r"layers", ("[2, 2, 2, 2]", "2")),
    (
        r"(n_?|num_?|enc\w*_|dec\w*_)*(depth|layers?|blocks?|repeats?|stages?|n_layers|levels|iters?|convs?|res_blocks?|cells|steps|stacks?)(_num)?|depth_\w+|n|num",
        ("2", "[2, 2, 2, 2]", "4", "1"),
    ),
    (r"depths|block_?config|num_blocks|layer_config|repetitions", ("[2, 2, 2, 2]", "2", "(2, 2)")),
    (
        r"(mlp_?|expansion_?|expand_?|ffn_?|ff_?)(ratio|mult|factor|rate)?|ratio|reduction(_ratio)?|mult|multiplier|exp(and)?_ratio|r|squeeze_factor|t",
        ("4", "4.0", "1", "2"),
    ),
    (
        r"(width|depth|channel|compound)_?(mult|multiplier|coefficient|coeff|factor)|alpha|beta|gamma|lambda_?\w*|momentum|temperature|tau|sigma|scale|weight|init_values?|slope",
        ("1.0", "1", "0.5"),
    ),
    (
        r"(dims|channels|embed_dims|in_channels_list|feature_channels|filters|widths?|hidden_dims|num_channels|out_channels_list|encoder_channels|layer_channels|chs|planes_list|features_list|hidden_sizes|layer_sizes|layer_dims|feature_info)",
        ("[64, 128, 256, 512]", "64", "(64, 64)", "[64, 64]"),
    ),
    (
        r"(act|activation|non_?linearity|nonlin|actv|activ)(_\w+)?",
        ("nn.GELU", "'relu'", "nn.ReLU()", "nn.functional.relu", "'gelu'", "None"),
    ),
    (
        r".*act(ivation)?_?(layer|func|fn|cls|type|name)|act_?(layer|func|fn)",
        ("nn.GELU", "'relu'", "nn.ReLU()", "nn.functional.gelu"),
    ),
    (
        r"(norm|normalization|bn|batch_?norm)(_\w+)?|.*norm_?(layer|func|fn|type|cls)",
        ("nn.LayerNorm", "nn.BatchNorm2d", "'batch'", "True", "None", "'layer'", "Passthrough"),
    ),
    (
        r"conv(_?layer|_?op|_?block|_?cls|_?func)?|op|operation|layer_cls|layer_type",
        ("nn.Conv2d", "'conv'", "nn.Linear"),
    ),
    (r"pool(ing)?(_\w+)?", ("'avg'", "nn.MaxPool2d", "2", "'max'", "'mean'")),
    (r"(padding|pad)_(mode|type)", ("'zeros'", "'reflect'")),
    (r"mode|interp(olation)?(_mode)?|up(sample)?_mode", ("'bilinear'", "'nearest'", "'default'")),
    (r"rnn_type|cell_type|rnn", ("'LSTM'", "'GRU'", "nn.LSTM")),
    (r"device", ("'cpu'",)),
    (r"dtype", ("torch.float32",)),
    (
        r"(use|is|with|has|enable|add|no|do|apply|return|include|learn(able)?|share|causal|bidirectional|batch_first|bias|qkv_bias|inplace|pretrained|training|debug|verbose|affine|residual|bilinear|deploy|last|final|first|shortcut|flash|normalize)(_\w+)?|.*_bias|.*_only",
        ("False", "True"),
    ),
    (
        r"block|layer|unit|module|block_?(cls|fn|class|type)|basic_?block|attn_?(layer|cls|block)|mlp_?layer|layer_?fn",
        ("<class>", "Passthrough", "Passthrough()"),
    ),
    (
        r"(pre_?|base_?|sub_?)?(fn|func|function|net|network|model|module|backbone|encoder|decoder|body|head|neck|stem|submodule|layer|trunk|classifier|generator|discriminator|transform|base|wrapped|inner|core|projector|projection|downsample|upsample|attn|attention|mlp|ffn|ff|mixer|token_mixer|tower|visual|text|unet|vae|bert|extractor|model_?\w|\w+_(model|net|encoder|decoder|backbone|module))",
        ("<instance>", "Passthrough()", "Passthrough", "None"),
    ),
    (
        r"(cfg|config|conf|args|opts?|hparams|params|hps|configs|opt|hyper_?params|settings|options|h|hp|config_\w+|\w+_(config|cfg|args))",
        ("<config>",),
    ),
    (r".*(shape|size|grid|resolution|sizes|shapes)", ("(14, 14)", "14", "64", "(64, 64)")),
]
_LIST_OF = re.compile(r"(list|tuple|sequence|iterable|collection)\[", re.IGNORECASE)


def expressions(name: str, annotation: object, usage: Usage, namespace: Mapping[str, Any], *, root: bool) -> list[str]:
    """Expressions to try for one parameter."""
    found = list(dict.fromkeys(_expressions(name.lower().strip("_"), annotation, usage, namespace, root)))
    return [text for text in found if not text.startswith("<")] or ["64"]


def _expressions(
    name: str, annotation: object, usage: Usage, namespace: Mapping[str, Any], root: bool
) -> Iterator[str]:
    yield from (repr(option) for option in usage.options[:1])
    yield from _annotated_layer(annotation, namespace)
    typical = list(typical_values(name, root=root))
    if "<instance>" in typical or usage.layer:
        yield from _with_attributes(usage.attributes, namespace)
    if usage.layer and not usage.called:
        yield from _from_file(name, "<instance>", namespace)
        yield from ("Passthrough()",)
    if usage.convolves and "nn.BatchNorm2d" in typical:
        typical.insert(0, "nn.BatchNorm2d")
    for text in typical:
        if text in ("<class>", "<instance>"):
            typical += _from_file(name, text, namespace)
    if ("<config>" in typical or usage.attributes or usage.keys) and "<instance>" not in typical:
        yield from _configs(annotation, namespace)
        if (usage.attributes or usage.keys or "<config>" in typical) and not usage.layer:
            yield "Assumed()"
    yield from _fitting(name, annotation, usage, [t for t in typical if not t.startswith("<")], namespace, root)
    yield from (repr(option) for option in usage.options[1:])
    yield from typical
    yield from ("64", "None", "[64, 64]", "Passthrough()", "Passthrough", "0.5", "True", "'relu'")


def typical_values(name: str, *, root: bool) -> Iterator[str]:
    """Expressions of a typical value for a parameter or an attribute of that name."""
    if re.fullmatch(
        r"(in|input|c_?in|inp|img|image|num_input|n_input|in_?)_?(ch|chs|chans?|channels?|c|dim|planes|nc|features)?s?|c1|nc_in|n_channels|channels_in|num_channels|in_ch\w*|channels|n_?colors?",
        name,
    ):
        yield from ("3", "64") if root else ("64", "3")
    for pattern, texts in _TYPICAL:
        if re.fullmatch(pattern, name):
            yield from texts
            return
    yield "64"


def _fitting(
    name: str, annotation: object, usage: Usage, typical: list[str], namespace: Mapping[str, Any], root: bool
) -> Iterator[str]:
    """Those of the typical expressions that have the type which the annotation or the use asks for, then others of it."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    low = "" if annotation is inspect.Parameter.empty else text.lower()
    if (usage.called and not usage.options) or re.search(r"callable|type\[|\btype\b", low):
        made = [t for t in typical if t.startswith("nn.")]
        yield from made or _from_file(name, "<class>", namespace)
        yield from ("Passthrough", "Passthrough()", "nn.LayerNorm")
    elif _LIST_OF.search(low) or usage.iterated:
        yield from (t for t in typical if t[0] in "[(")
        yield from _lists(low, usage)
    elif re.search(r"\bstr\b|literal", low):
        yield from re.findall(r"'[^']*'", text) if "literal" in low else ()
        yield from (t for t in typical if t[0] == "'")
        yield "'default'"
    elif re.search(r"\bbool\b", low):
        yield from ("False", "True")
    elif re.search(r"\bint\b", low):
        yield from (t for t in typical if t.isdigit())
        yield "64"
    elif re.search(r"\bfloat\b", low):
        yield from (t for t in typical if re.fullmatch(r"[\d.e-]+", t))
        yield "0.5"
    elif re.search(r"module|nn\.", low):
        yield from (t for t in typical if t.startswith("nn.") and t.endswith(")"))
        yield from _from_file(name, "<instance>", namespace)
        yield "Passthrough()"
    elif re.search(r"dict|mapping", low):
        yield "{}"


def _annotated_layer(annotation: object, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The module class of the file that the parameter is said to be."""
    name = annotation.strip("'\"") if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    cls = namespace.get(name, annotation)
    if isinstance(cls, type) and issubclass(cls, nn.Module) and not cls.__module__.startswith("torch."):
        BORROWED[name] = cls
        yield construction(name, cls, namespace)


def _lists(annotation: str, usage: Usage) -> Iterator[str]:
    module = "module" in annotation or usage.pairs
    inner = "Passthrough()" if module else "'x'" if "str" in annotation else "0.0" if "float" in annotation else "64"
    if usage.pairs:
        inner = f"({', '.join([inner] * usage.pairs)})"
    sizes = [usage.unpacked] if usage.unpacked else [4, 2, 3, 1]
    yield from ("[" + ", ".join([inner] * size) + "]" for size in sizes)


def _configs(annotation: object, namespace: Mapping[str, Any]) -> Iterator[str]:
    """The annotated class when it can be made without arguments, or classes of the file that are called a config."""
    named = (
        annotation.strip("'\"").split(".")[-1] if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    )
    cls = namespace.get(named)
    if isinstance(cls, type) and not cls.__module__.startswith(("torch.", "builtins", "typing")):
        yield construction(named, cls, namespace)
    for name, given in namespace.items():
        if (
            isinstance(given, type)
            and re.search(r"(config|cfg|args|params|hparams)$", name, re.IGNORECASE)
            and not issubclass(given, nn.Module)
        ):
            yield f"{name}()"


def _from_file(name: str, form: str, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Module classes of the file whose name has the parameter's in it."""
    stem = name.replace("_", "").replace("cls", "").replace("class", "")
    for given_name, given in _modules(namespace):
        if stem and stem in given_name.lower():
            yield given_name if form == "<class>" else construction(given_name, given, namespace)


def _with_attributes(names: list[str], namespace: Mapping[str, Any]) -> Iterator[str]:
    """Module classes of the file that set all of the attributes that are read."""
    own = [name for name in dict.fromkeys(names) if not hasattr(nn.Module, name) and name not in ("device", "dtype")]
    for given_name, given in _modules(namespace) if own else ():
        try:
            source = inspect.getsource(given)
        except (OSError, TypeError):
            continue
        if all(re.search(rf"self\.{name}\b *[=:,]|def {name}\b", source) for name in own):
            yield construction(given_name, given, namespace)


def _modules(namespace: Mapping[str, Any]) -> Iterator[tuple[str, type]]:
    for name, given in list(namespace.items()):
        if isinstance(given, type) and issubclass(given, nn.Module) and not given.__module__.startswith("torch."):
            yield name, given


def construction(name: str, cls: type, namespace: Mapping[str, Any]) -> str:
    """A call with the likeliest values for what the class needs."""
    if name in _BUILDING or len(_BUILDING) > 2:
        return f"{name}()"
    _BUILDING.append(name)
    try:
        usage = usage_of(cls)
        given = []
        for parameter in _needed(cls):
            unused = usage.get(parameter.name, Usage())
            text = expressions(parameter.name, parameter.annotation, unused, namespace, root=True)[0]
            given.append(f"{parameter.name}={text}")
    finally:
        _BUILDING.pop()
    return f"{name}({', '.join(given)})"


_BUILDING: list[str] = []
# Classes that annotations mention and that the file itself does not name.
BORROWED: dict[str, type] = {}


def _needed(cls: type) -> list[inspect.Parameter]:
    try:
        parameters = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []
    return [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
