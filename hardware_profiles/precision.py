"""Number formats a device can compute in."""

from __future__ import annotations

from enum import Enum

from ._suggest import did_you_mean


class Precision(str, Enum):
    """A number format; the value is its spelling in profiles, settings and reports."""

    FP64 = "fp64"
    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    FP8_E4M3 = "fp8-e4m3"
    FP8_E5M2 = "fp8-e5m2"
    FP4 = "fp4"
    INT32 = "int32"
    INT16 = "int16"
    INT8 = "int8"
    INT4 = "int4"

    @property
    def bytes(self) -> float:
        """Storage of one element in bytes: 4 for TF32 (an FP32 value with a shorter mantissa in the multiplier)."""
        return _BYTES[self]

    @property
    def is_float(self) -> bool:
        """Whether the format has an exponent."""
        return not self.value.startswith("int")

    @classmethod
    def parse(cls, text: str) -> Precision:
        """Read a precision from its value or a usual alias (``half``, ``torch.bfloat16``, ``fp8``), in any case.

        Raises ``ValueError`` naming the nearest spellings.
        """
        word = text.strip().lower().removeprefix("torch.").replace("_", "-")
        value = _ALIASES.get(word, word)
        try:
            return cls(value)
        except ValueError:
            known = [*(precision.value for precision in cls), *_ALIASES]
            raise ValueError(f"unknown precision {text!r}{did_you_mean(word, known)}") from None

    def __str__(self) -> str:
        return self.value


_BYTES = {
    Precision.FP64: 8.0,
    Precision.FP32: 4.0,
    Precision.TF32: 4.0,
    Precision.FP16: 2.0,
    Precision.BF16: 2.0,
    Precision.FP8_E4M3: 1.0,
    Precision.FP8_E5M2: 1.0,
    Precision.FP4: 0.5,
    Precision.INT32: 4.0,
    Precision.INT16: 2.0,
    Precision.INT8: 1.0,
    Precision.INT4: 0.5,
}

# Plain "fp8" means E4M3: the format of weights and activations; E5M2 serves gradients.
_ALIASES = {
    "double": "fp64",
    "float64": "fp64",
    "f64": "fp64",
    "float": "fp32",
    "single": "fp32",
    "float32": "fp32",
    "f32": "fp32",
    "tensorfloat32": "tf32",
    "half": "fp16",
    "float16": "fp16",
    "f16": "fp16",
    "bfloat16": "bf16",
    "fp8": "fp8-e4m3",
    "float8": "fp8-e4m3",
    "e4m3": "fp8-e4m3",
    "float8-e4m3": "fp8-e4m3",
    "float8-e4m3fn": "fp8-e4m3",
    "e5m2": "fp8-e5m2",
    "float8-e5m2": "fp8-e5m2",
    "float4": "fp4",
    "fp4-e2m1": "fp4",
    "int": "int32",
    "i32": "int32",
    "short": "int16",
    "i16": "int16",
    "i8": "int8",
    "i4": "int4",
}
