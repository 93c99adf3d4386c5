"""Elementwise operators: how many operations each performs an element of its result."""

from __future__ import annotations

from .registry import Context, Cost, costs

_ONE = (
    "add sub mul div rsub neg abs sign relu relu6 clamp clamp_min clamp_max hardtanh threshold maximum minimum pow square "
    "sqrt rsqrt reciprocal exp exp2 expm1 log log2 log1p log10 sin cos tan tanh atan atan2 asin acos sinh cosh erf erfinv "
    "floor ceil round trunc frac remainder fmod floor_divide eq ne lt le gt ge logical_and logical_or logical_not "
    "logical_xor bitwise_and bitwise_or bitwise_not bitwise_xor isnan isinf isfinite masked_fill where sigmoid leaky_relu "
    "prelu_kernel prelu cast nan_to_num __and__ __or__ __xor__ __lshift__ __rshift__ copysign hypot angle real imag "
    "conj_physical sgn polar complex erfc lgamma digamma i0 asinh acosh atanh heaviside nextafter signbit fmax fmin "
    "deg2rad rad2deg isposinf isneginf bitwise_left_shift bitwise_right_shift gcd lcm"
).split()
_MORE = {"silu": 2, "gelu": 4, "hardswish": 4, "hardsigmoid": 3, "mish": 4, "elu": 3, "selu": 3, "celu": 3, "softplus": 3,
         "log_sigmoid_forward": 3, "glu": 2, "softshrink": 2, "hardshrink": 2, "softsign": 3, "quick_gelu": 3,
         "addcmul": 2, "addcdiv": 2, "lerp": 3, "rrelu_with_noise": 2, "logit": 3, "logaddexp": 4, "logaddexp2": 4,
         "xlogy": 2, "sinc": 3, "ldexp": 2, "addr": 3, "linalg_cross": 3, "special_xlog1py": 2, "special_log_ndtr": 3,
         "special_entr": 2}  # fmt: skip
_OPERATIONS = {**dict.fromkeys(_ONE, 1), **_MORE}
_TYPE_CHANGES = frozenset({"cast", "where", "masked_fill", "complex"})


@costs(*_OPERATIONS)
def pointwise(context: Context) -> Cost:
    """Selections and casts move data without arithmetic."""
    operations = 0 if context.operator.kind in _TYPE_CHANGES else _OPERATIONS[context.operator.kind]
    return context.cost("pointwise", elementwise=operations * context.output_elements)
