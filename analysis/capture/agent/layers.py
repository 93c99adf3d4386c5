"""What the layers of a model say of its inputs: channels of images, width of sequences, size of the vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from torch import nn

WIDE = 64
SEQUENCE = 128
_WAVE = 16000
_CONVOLUTIONS = {
    1: (nn.Conv1d, nn.ConvTranspose1d),
    2: (nn.Conv2d, nn.ConvTranspose2d),
    3: (nn.Conv3d, nn.ConvTranspose3d),
}
_NORMS = {1: (nn.InstanceNorm1d,), 2: (nn.BatchNorm2d, nn.InstanceNorm2d), 3: (nn.BatchNorm3d, nn.InstanceNorm3d)}
_WORKS_ON_SEQUENCES = re.compile("attention|transformer|rmsnorm|layernorm|patchembed|token|feedforward")


@dataclass(frozen=True)
class Layers:
    """`form` is image1, image2, image3, tokens, sequence, vector or none, after the first layer that says anything."""

    form: str
    path: str
    channels: int
    width: int
    vocabulary: int
    sequential: bool
    time_first: bool = False


def layers_of(model: nn.Module) -> Layers:
    """Reads the modules in the order they are registered."""
    form, path, channels = "none", "", 0
    width = vocabulary = 0
    time_first = False
    for name, module in model.named_modules():
        found = _form(module) if form == "none" else None
        if found is not None:
            form, channels = found
            path = name or type(module).__name__
            time_first = isinstance(module, nn.RNNBase) and not module.batch_first
        width = width or _width(module)
        if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
            vocabulary = max(vocabulary, module.num_embeddings)
    sequential = any(_is_sequential(module) for module in model.modules())
    if form == "vector" and sequential:
        form = "sequence"
    if form == "none":
        channels = _parameter_width(model)
    return Layers(form, path, channels, width or channels or WIDE, vocabulary, sequential, time_first)


def layers_at(path: str, module: nn.Module, whole: Layers) -> Layers:
    """What the one layer says that an input goes into; the rest as for the whole model."""
    found = _form(module)
    if found is None:
        return whole
    form, channels = found
    if form == "vector" and whole.sequential and isinstance(module, (nn.Linear, nn.Bilinear)):
        form = "sequence"
    time_first = isinstance(module, nn.RNNBase) and not module.batch_first
    vocabulary = module.num_embeddings if isinstance(module, (nn.Embedding, nn.EmbeddingBag)) else whole.vocabulary
    return replace(
        whole, form=form, path=path, channels=channels, width=_width(module) or channels, vocabulary=vocabulary,
        time_first=time_first,
    )  # fmt: skip


def image(rank: int, channels: int, batch: int) -> tuple[int, ...]:
    """A usual shape: a whole image for few channels, a feature map for many."""
    whole = channels <= 4
    if rank == 1:
        return (batch, channels, _WAVE if whole else SEQUENCE)
    if rank == 3:
        return (batch, channels, 16, 112, 112) if whole else (batch, channels, 8, 28, 28)
    side = 224 if whole else 56 if channels <= 256 else 14
    return (batch, channels, side, side)


def _form(module: nn.Module) -> tuple[str, int] | None:
    for rank in (1, 2, 3):
        if isinstance(module, _CONVOLUTIONS[rank]):
            return f"image{rank}", module.in_channels
        if isinstance(module, _NORMS[rank]):
            return f"image{rank}", module.num_features
    pattern = getattr(module, "pattern", None)
    if type(module).__name__ == "Rearrange" and isinstance(pattern, str) and "(" in pattern.partition("->")[0]:
        rank = len(re.sub(r"\([^)]*\)", "g", pattern.partition("->")[0]).split()) - 2
        return (f"image{rank}", 3) if rank in (1, 2, 3) else None
    if isinstance(module, nn.GroupNorm):
        return "image2", module.num_channels
    if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
        return "tokens", module.embedding_dim
    if isinstance(module, nn.RNNBase):
        return "sequence", module.input_size
    if isinstance(module, nn.RNNCellBase):
        return "vector", module.input_size
    if isinstance(module, nn.MultiheadAttention):
        return "sequence", module.embed_dim
    if isinstance(module, nn.LayerNorm):
        return "sequence", module.normalized_shape[-1]
    if isinstance(module, nn.BatchNorm1d):
        return "vector", module.num_features
    if isinstance(module, (nn.Linear, nn.Bilinear)):
        return "vector", module.in_features if isinstance(module, nn.Linear) else module.in1_features
    return None


def _width(module: nn.Module) -> int:
    if isinstance(module, nn.LayerNorm):
        return int(module.normalized_shape[-1])
    if isinstance(module, nn.MultiheadAttention):
        return module.embed_dim
    if isinstance(module, nn.Linear):
        return module.in_features
    if isinstance(module, nn.Embedding):
        return module.embedding_dim
    return 0


def _is_sequential(module: nn.Module) -> bool:
    """Whether a module is one that works on sequences."""
    if isinstance(module, (nn.LayerNorm, nn.MultiheadAttention, nn.RNNBase)):
        return True
    return _WORKS_ON_SEQUENCES.search(type(module).__name__.lower()) is not None


def _parameter_width(model: nn.Module) -> int:
    """The last size of the first parameter that has one above 1."""
    for parameter in model.parameters():
        sizes = [size for size in parameter.shape if size > 1]
        if sizes:
            return int(sizes[-1] if parameter.dim() == 1 else sizes[0])
    return 0
