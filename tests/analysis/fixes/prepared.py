"""The prepared files: models in the style of public code, and what they are after their fix.

`python -m tests.analysis.fixes.prepared` writes the latter anew: read the difference before committing it.
"""

from dataclasses import dataclass
from pathlib import Path

from graphperf.analysis.capture import AgentPool, Capturer, PoolCapturer
from graphperf.analysis.discovery.classes import split_lines
from graphperf.analysis.finding import Finding
from graphperf.analysis.fixes import Offer, Session, offers
from graphperf.analysis.settings import Options

FOLDER = Path(__file__).parents[2] / "data" / "fixes"


@dataclass(frozen=True)
class Case:
    """A file, the code of a rule, and a part of the only line that it points at."""

    name: str
    code: str
    at: str
    safe: bool = True

    @property
    def before(self) -> Path:
        return FOLDER / "before" / f"{self.name}.py"

    @property
    def after(self) -> Path:
        return FOLDER / "after" / f"{self.name}.py"


CASES = (
    Case("vit_attention", "GP402", "attn.softmax"),
    Case("swin_window", "GP402", "self.softmax("),
    Case("nanogpt_attention", "GP402", "F.softmax"),
    Case("bert_self_attention", "GP402", "nn.Softmax"),
    Case("llama_attention", "GP402", "F.softmax"),
    Case("einsum_attention", "GP402", "dots.softmax"),
    Case("bmm_attention", "GP402", "torch.softmax"),
    Case("detr_decoder", "GP402", "F.softmax"),
    Case("annotated_mask", "GP402", "F.softmax", safe=False),
    Case("whole_encoder", "GP402", "scores /="),
    Case("efficientnet_swish", "GP404", "self.act = Swish()"),
    Case("bert_gelu", "GP404", "torch.erf"),
    Case("gpt2_new_gelu", "GP404", "torch.pow"),
    Case("yolo_mish", "GP404", "F.softplus"),
    Case("mobilenetv3_hswish", "GP404", "self.act = hswish()"),
    Case("mobilenetv3_hsigmoid", "GP404", "self.relu(x + 3)"),
    Case("swiglu", "GP404", "gate.sigmoid"),
    Case("language_model_head", "GP409", "torch.log"),
    Case("policy_head", "GP409", ".log()"),
    Case("hand_made_linear", "GP410", "torch.matmul"),
    Case("tied_decoder", "GP410", "logits + self.bias"),
    Case("convnext_layernorm2d", "GP411", "torch.sqrt"),
    Case("bert_layernorm", "GP411", "torch.sqrt"),
    Case("llama_rmsnorm", "GP411", "torch.rsqrt"),
    Case("t5_layernorm", "GP411", "torch.rsqrt"),
    Case("bare_norm", "GP411", ".sqrt()"),
    Case("vit_positions", "GP102", ".repeat("),
    Case("pair_relations", "GP102", ".repeat((1"),
    Case("resnet_block_bias", "GP401", "self.conv1 = nn.Conv2d", safe=False),
    Case("unet_double_conv", "GP401", "keeps the size", safe=False),
    Case("unpinned_classifier", "GP903", "class Classifier"),
    Case("channel_attention", "GP407", "rest ="),
    Case("channels_last_pool", "GP105", ".contiguous()"),
)


def session(path: Path, capturer: Capturer, **options: object) -> Session:
    """Options as in the tests of rules."""
    return Session(path, Options(**options), capturer)  # pyright: ignore[reportArgumentType]


def found(code: str, at: str, text: str, own: Session) -> list[Offer]:
    """The fixes for a finding at the only line that has `at`, of each model."""
    analysis = own.analyze(text)
    assert not analysis.problems, analysis.problems
    (line,) = [number for number, line in enumerate(split_lines(text), 1) if at in line]
    findings = [
        Finding(code, "", str(own.path), line, "hint", result.target, result.evaluations[0].question.device.id)
        for result in analysis.results
    ]
    return list(offers(analysis, findings, text, own, unsafe=True))


def main() -> None:
    with AgentPool() as pool:
        for case in CASES:
            own = session(case.before, PoolCapturer(pool))
            (offer,) = found(case.code, case.at, case.before.read_text("utf-8"), own)
            case.after.write_text(offer.text, "utf-8")


if __name__ == "__main__":
    main()
