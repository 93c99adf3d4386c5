"""Typical values of constructor parameters by name, as expressions, likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Patterns of names, and the expressions that stand for a typical value. `<class>` and `<instance>` stand for a layer of
# the file, `<config>` for a configuration.
_TYPICAL: list[tuple[str, tuple[str, ...]]] = [
    (r"(\w*_)?(observation|obs|state)_space", ("Space(64)",)),
    (r"(\w*_)?(kwargs|kw|opts)", ("{}", "None")),
    (r"(\w*_)?tensor", ("torch.empty(64, 64)", "64")),
    # OpenMMLab's descriptions of layers (mmcv/cnn/bricks).
    (r"(conv|init|plugins?|dcn|upsample)_cfg", ("None",)),
    (r"norm_cfg", ("dict(type='BN')", "None")),
    (r"act_cfg", ("dict(type='ReLU')", "None")),
    (r"(\w*_)?(action|act)_space", ("Space(8)",)),
    (r"(action|act)_(dims?|size|limit|bound|n)", ("8", "1.0")),
    (
        r"block|layer|unit|module|block_?(cls|fn|class|type)|basic_?block|attn_?(layer|cls|"
        r"block)|mlp_?layer|layer_?fn",
        ("<class>", "Passthrough", "Passthrough()"),
    ),
    (
        r"(image|img|input|in|data|obs|observation|state)_?shape",
        ("(3, 224, 224)", "(3, 64, 64)", "(64,)", "(224, 224)"),
    ),
    (
        r"d_(model|inner|hidden|hid|ff|embed|emb|input|feature|word_vec|out)|n_(embd?|hid|hidden|state)|dim_model",
        ("64", "256"),
    ),
    (r"(image|img|input|resolution|crop)_?(size|res|resolution|dim|shape)?s?", ("224", "(224, 224)", "64")),
    (
        r"(.*_)?(hidden|embed(ding)?|d?model|inner|intermediate|ffn?|mlp|features?|latent|channels?|"
        r"state|proj\w*|encoder|decoder|head|token|bottleneck|attn|attention|context|cond|time)_?(size|"
        r"dims?|width|features|channels?|ch)",
        ("64", "256", "[64, 64]"),
    ),
    (r"(window|win)_?(size)?", ("7", "(7, 7)", "[7, 7]", "8")),
    (r"(num_|n_)?(frames?|num_frames|segments?)_?(size)?", ("8",)),
    (r"(.*_)?radius", ("4", "1")),
    (r"patch_?(size|sz)?(_\w+)?", ("16", "(16, 16)", "4")),
    (
        r"(n_?|num_?)?(kv_?|query_?|attn_?|attention_?)?(n_)?(head|heads|nhead|nheads|num_heads)(_num)?s?",
        ("8", "4", "1", "[8, 8, 8, 8]"),
    ),
    (r"(dim_?head|head_?dim|d_k|d_v|d_kv|head_(size|channels)|dim_per_head|qk_dim|key_dim)", ("32", "8", "64")),
    (r"(group_size|num_groups|groups?|n_groups|cardinality|ngroups|norm_groups?)", ("1", "8", "4", "32")),
    (r"(kernel|filter|conv_?kernel)_?(size|sz|width)?s?|k|ks|ksize", ("3", "(3, 3)", "[3, 3, 3]", "1", "7")),
    (
        r"strides?|s|downsample_(factor|rate)|scale_?(factor)?|upscale(_factor)?|up_?scale|"
        r"factor|dw_stride",
        ("1", "2", "(1, 1)", "[1, 1, 1]", "4"),
    ),
    (r"padding|pad|p", ("1", "0", "'same'", "(1, 1)")),
    (r"dilations?(_rate)?|d|rate|atrous_rates?", ("1", "(6, 12, 18)", "[1, 1]")),
    (r"(.*_)?dilation_sizes", ("[[1, 3, 5], [1, 3, 5], [1, 3, 5]]", "[1, 3]")),
    (r"(up|down)sample_kernel_sizes", ("[4, 4, 4, 4]", "4")),
    (r"(.*_)?(kernel|filter)_(sizes|list)", ("[3, 7, 11]", "[3, 3, 3]", "3")),
    (r"(up|down)sample_(rates|factors|scales|ratios)", ("[2, 2, 2, 2]", "2")),
    (
        r".*(drop|dropout|drop_?path|drop_?prob|drop_?rate|p_drop)(out)?(_\w+)?",
        ("0.0", "0.1", "[0.0, 0.0, 0.0, 0.0]"),
    ),
    (r"eps(ilon)?|.*_eps", ("1e-5",)),
    (
        r"(num_|n_|nb_)?(classes|class|num_classes|labels|outputs|nclass|cls|categories|classes_num)|"
        r"nc|n_?class(es)?|out_classes",
        ("1000", "10"),
    ),
    (
        r"(n_|num_)?(vocab|vocabulary|tokens|embeddings|words|vocab_size|ntoken|symbols)(_size)?s?|"
        r"dict(ionary)?_size|codebook_size|.*_vocab(_size)?",
        ("1000", "256"),
    ),
    (
        r"(max_)?(seq_?len|sequence_length|len|length|seq_length|position_embeddings|positions|"
        r"context_length|block_size|n_ctx|max_len|context_size)(gth)?|n_positions|max_\w*len(gth)?",
        ("128", "1024"),
    ),
    (r".*(momentum|decay)", ("0.1",)),
    (r"(mlp|expansion|expand|exp|ffn?)_(ratio|factor|rate)", ("4", "4.0", "2", "1")),
    (r".*(ratio|rate|prob|probability|fraction|frac|percent|percentage|threshold|thresh)", ("0.5", "4", "0.0")),
    (r"layers", ("[2, 2, 2, 2]", "2")),
    (
        r"(n_?|num_?|enc\w*_|dec\w*_)*(depth|layers?|blocks?|repeats?|stages?|n_layers|levels|"
        r"iters?|convs?|res_blocks?|cells|steps|stacks?)(_num)?|depth_\w+|n|num",
        ("2", "[2, 2, 2, 2]", "4", "1"),
    ),
    (r"depths|block_?config|num_blocks|layer_config|repetitions", ("[2, 2, 2, 2]", "2", "(2, 2)")),
    (
        r"(mlp_?|expansion_?|expand_?|ffn_?|ff_?)(ratio|mult|factor|rate)?|ratio|reduction(_ratio)?|"
        r"mult|multiplier|exp(and)?_ratio|r|squeeze_factor|t",
        ("4", "4.0", "1", "2"),
    ),
    (
        r"(width|depth|channel|compound)_?(mult|multiplier|coefficient|coeff|factor)|alpha|"
        r"beta|gamma|lambda_?\w*|momentum|temperature|tau|sigma|scale|weight|init_values?|slope",
        ("1.0", "1", "0.5"),
    ),
    (
        r"(dims|channels|embed_dims|in_channels_list|feature_channels|filters|widths|hidden_dims|"
        r"num_channels|out_channels_list|encoder_channels|layer_channels|chs|planes_list|features_list|"
        r"hidden_sizes|layer_sizes|layer_dims|feature_info)",
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
        r"(use|is|with|has|enable|add|no|do|apply|return|include|learn(able)?|share|causal|"
        r"bidirect(ional)?|batch_first|bias|qkv_bias|inplace|pretrain(ed)?|training|debug|verbose|"
        r"affine|residual|bilinear|deploy|last|final|first|shortcut|flash|normalize|align)(_\w+)?|"
        r".*_bias|.*_only",
        ("False", "True"),
    ),
    (
        r"(pre_?|base_?|sub_?)?(fn|func|function|net|network|model|module|backbone|encoder|"
        r"decoder|body|head|neck|stem|submodule|layer|trunk|classifier|generator|discriminator|"
        r"transform|base|wrapped|inner|core|projector|projection|downsample|upsample|attn|attention|"
        r"mlp|ffn|ff|mixer|token_mixer|tower|visual|text|unet|prior|instance|mod|policy|critic|actor|student|teacher|predictor|denoiser|renderer|vae|bert|extractor|model_?\w|"
        r"\w+_(model|net|encoder|decoder|backbone|module))",
        ("<instance>", "Passthrough()", "Passthrough", "None"),
    ),
    (
        r"(cfg|config|conf|args|opts?|hparams|params|hps|configs|opt|hyper_?params|settings|"
        r"options|h|hp|config_\w+|\w+_(config|cfg|args)|\w+config)",
        ("<config>",),
    ),
]
_SIZE = re.compile(r".*(shape|size|grid|resolution|sizes|shapes)")
# For names without a pattern of their own: whether they are sizes.
_LAST = {True: ("(14, 14)", "14", "64", "(64, 64)"), False: ("64",)}
_INPUT = re.compile(
    r"(in|input|c_?in|inp|img|image|num_input|n_input|in_?)_?(ch|chs|chans?|channels?|c|dim|planes|nc|features)?s?|c1|nc_in"
    r"|n_channels|channels_in|num_channels|in_ch\w*|channels|n_?colors?"
)


def typical_values(name: str, *, root: bool) -> Iterator[str]:
    """Expressions of a typical value for a parameter or an attribute of that name."""
    if _INPUT.fullmatch(name):
        yield from ("3", "64") if root else ("64", "3")
    yield from _of_words(name) or _of_last_words(name) or _LAST[bool(_SIZE.fullmatch(name))]


def _of_words(name: str) -> tuple[str, ...]:
    return next((texts for pattern, texts in _TYPICAL if re.fullmatch(pattern, name)), ())


def _of_last_words(name: str) -> tuple[str, ...]:
    """What the last words of `encoder_kernel_size` suggest, single values first."""
    words = name.split("_")
    ends = ("_".join(words[start:]) for start in range(1, len(words)))
    found = next((found for end in ends if len(end) > 2 and (found := _of_words(end))), ())
    return tuple(sorted(found, key=lambda text: text[:1] in "[("))
