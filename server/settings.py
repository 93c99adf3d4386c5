"""The user's settings: what there is to choose, checked value by value. `settings_layers.py` says where they come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from ..analysis.lint.settings import LintSettings, prefixes
from ..analysis.modes import DEFAULT_HARDWARE
from ..analysis.report.hints import HintStyle
from ..analysis.report.shares import Quantity
from ..analysis.settings import Options, with_values

_HOT = 0.01
# Where no project says what is reported.
EVERYTHING = LintSettings(severity="hint")


class _Group(BaseModel):
    """Settings that are accepted in camel and in snake case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class InlayHintSettings(_Group):
    """What stands at the ends of lines."""

    enabled: bool = Field(default=True, description="Show hints at the ends of lines.")
    shapes: bool = Field(default=True, description="Show the shape of what a line makes.")
    shares: bool = Field(
        default=True, description="Show a line's share, what bounds it, and a poor fill of the device."
    )
    forward_lines: bool = Field(
        default=True, description="Show hints in `forward`, not only where layers are constructed."
    )
    hot_only: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Hints only on lines with at least this share of the model, 0 to 1; `true` means 0.01.",
    )
    max_length: int = Field(default=0, ge=0, description="The most characters of a hint; 0 is without limit.")

    @field_validator("hot_only", mode="before")
    @classmethod
    def _switch(cls, value: object) -> object:
        return (_HOT if value else 0.0) if isinstance(value, bool) else value


class CodeLensSettings(_Group):
    """What stands above classes."""

    enabled: bool = Field(default=True, description="Show the totals above each model.")


class RuleSettings(_Group):
    """Which findings are reported, by the beginnings of their codes."""

    select: tuple[str, ...] = Field(
        default=("ALL",), description="Rules that report, by code or its beginning: `GP101`, `GP1`, `ALL`."
    )
    ignore: tuple[str, ...] = Field(default=(), description="Rules that do not; the longer of two that fit decides.")

    @field_validator("select", "ignore")
    @classmethod
    def _codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return prefixes("rules", value)


class Settings(_Group):
    """What the user can choose in the editor.

    Two are no choice of the user's: `hardware_paths`, the folders of device files that the workspace's projects name, and `lint`,
    what the project asks of its models.
    """

    hardware_paths: tuple[Path, ...] = ()  # first: what follows is checked against the devices there
    lint: InstanceOf[LintSettings] = EVERYTHING
    hardware: tuple[str, ...] = Field(
        default=(DEFAULT_HARDWARE,),
        min_length=1,
        description="Ids of devices, as a list or with commas between them; the first one's figures stand in the text.",
    )
    precision: str = Field(default="fp32", description="What every FP32 tensor becomes, or `amp` and `amp-bf16`.")
    mode: str = Field(
        default="eager", description="How the model is run: `eager`, `compiled`, `tensorrt`, `ideal`, ..."
    )
    batch: int | None = Field(default=None, description="The batch size; null keeps that of the inputs.")
    share: Quantity = Field(default="edp", description="Of what shares are shown: `edp`, `latency` or `energy`.")
    interpreter: str | None = Field(
        default=None, description="The Python that has the models' packages and torch; null is the server's own."
    )
    capture_seconds: float = Field(default=60.0, gt=0, le=3600, description="The longest that one capture may take.")
    capture_memory_gb: float = Field(default=8.0, gt=0, le=1024, description="The most memory of one capture, in GB.")
    trusted: bool = Field(
        default=True, description="Whether the workspace's code may run. One source that says no is enough."
    )
    rules: RuleSettings = Field(default=RuleSettings())
    inlay_hints: InlayHintSettings = Field(default=InlayHintSettings())
    code_lens: CodeLensSettings = Field(default=CodeLensSettings())

    @field_validator("hardware", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("hardware")
    @classmethod
    def _known_hardware(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        options = Options(hardware_paths=info.data.get("hardware_paths", ()))
        return tuple(dict.fromkeys(with_values(options, hardware=value).hardware))

    @field_validator("precision")
    @classmethod
    def _known_precision(cls, value: str) -> str:
        return with_values(Options(), precision=value).precision.value

    @field_validator("mode")
    @classmethod
    def _known_mode(cls, value: str) -> str:
        return with_values(Options(), mode=value).mode

    @field_validator("batch")
    @classmethod
    def _positive_batch(cls, value: int | None) -> int | None:
        return with_values(Options(), batch=value).batch

    @field_validator("interpreter")
    @classmethod
    def _expanded(cls, value: str | None) -> str | None:
        return str(Path(value).expanduser()) if value else None

    def options(self) -> Options:
        """The question that these settings ask. Raises `UsageError` when a device does not compute in the precision."""
        chosen = with_values(
            Options(python=self.interpreter, trusted=self.trusted, hardware_paths=self.hardware_paths),
            hardware=self.hardware, precision=self.precision, mode=self.mode, batch=self.batch,
            seconds=self.capture_seconds, memory_gb=self.capture_memory_gb,
        )  # fmt: skip
        chosen.devices()
        return chosen

    def judged_by(self) -> LintSettings:
        """What is reported: as the project asks, of the rules that are chosen here."""
        return replace(self.lint, select=self.rules.select, ignore=self.rules.ignore)

    def hint_style(self) -> HintStyle:
        """How hints are to look."""
        chosen = self.inlay_hints
        return HintStyle(
            shapes=chosen.shapes, shares=chosen.shares, forward_lines=chosen.forward_lines,
            least_share=chosen.hot_only, most_characters=chosen.max_length, quantity=self.share,
        )  # fmt: skip
