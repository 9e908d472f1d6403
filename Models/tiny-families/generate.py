#!/usr/bin/env python3
"""Makes a tiny model of each family, as a Hugging Face folder and as a GGUF file, and the numbers of both.

    python3 -m venv .venv && .venv/bin/pip install torch transformers safetensors numpy gguf
    .venv/bin/python Models/tiny-families/generate.py [--seed N] [--out FOLDER] [NAME ...]

Random weights from a seed, norms far from 1 and biases far from 0, so that a tensor that is left out, put
in the wrong place or read in the wrong order shows. expected.json has what transformers computes in f64
with eager attention: logits, most likely tokens, greedy continuations, losses and gradients, and how far
it is from them in f32. A GGUF file
has the keys, names and row orders that llama.cpp's converter writes. Where it cannot say all that the
folder says, `gguf` in expected.json has the numbers of the model that it does say.
"""

import argparse
import json
import pathlib
import sys

import gguf
import numpy
import safetensors
import torch
import transformers
from transformers import AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent
sys.path.append(str(FOLDER / "../../Integrations/Python/src"))
import fedkseed  # noqa: E402

VOCABULARY = 61
BASIS_SEED, CANDIDATES = 17, 32
CONTEXT = 64
ELEMENTS = 12
COMMON = dict(
    vocab_size=VOCABULARY, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=6,
    num_key_value_heads=3, max_position_embeddings=CONTEXT, initializer_range=0.3, bos_token_id=1,
    eos_token_id=2, pad_token_id=0)
ROPE = dict(rope_type="default", rope_theta=5000.0)


class Case:
    def __init__(self, name, config, gguf_name=None, gguf_changes=None, **changes):
        self.name, self.config, self.gguf_name = name, config, gguf_name
        self.changes, self.gguf_changes = changes, gguf_changes or {}

    def make_config(self, **more):
        return getattr(transformers, self.config + "Config")(**(self.changes | more), attn_implementation="eager")


def case(name, config, *arguments, gguf_changes=None, without=(), **changes):
    common = {key: value for key, value in COMMON.items() if key not in without}
    if "rope_parameters" not in changes and "rope_parameters" not in without:
        common["rope_parameters"] = ROPE
    return Case(name, config, *arguments, gguf_changes=gguf_changes, **(common | changes))


NO_GROUPS = ("num_key_value_heads",)
NO_ROPE = NO_GROUPS + ("rope_parameters",)
CASES = [
    case("llama", "Llama", "llama", head_dim=6, attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
         rope_parameters=ROPE | dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                     original_max_position_embeddings=16)),
    case("llama-linear", "Llama", "llama", tie_word_embeddings=True,
         rope_parameters=ROPE | dict(rope_type="linear", factor=4.0)),
    case("llama-yarn", "Llama", None, head_dim=16, tie_word_embeddings=True,
         rope_parameters=ROPE | dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)),
    case("llama-dynamic", "Llama", None, tie_word_embeddings=True,
         rope_parameters=ROPE | dict(rope_type="dynamic", factor=4.0)),
    case("mistral", "Mistral", "llama", gguf_changes=dict(sliding_window=None), sliding_window=5),
    case("smollm3", "SmolLM3", "smollm3", num_hidden_layers=5),
    case("qwen2", "Qwen2", "qwen2", gguf_changes=dict(layer_types=None, use_sliding_window=False),
         num_hidden_layers=3, use_sliding_window=True, sliding_window=4, max_window_layers=1),
    case("qwen3", "Qwen3", "qwen3", head_dim=8),
    case("gemma", "Gemma", "gemma", head_dim=6),
    case("gemma2", "Gemma2", "gemma2", gguf_changes=dict(query_pre_attn_scalar=8), head_dim=8, sliding_window=4,
         query_pre_attn_scalar=13, attn_logit_softcapping=3.0, final_logit_softcapping=5.0),
    case("gemma3", "Gemma3Text", "gemma3", gguf_changes=dict(query_pre_attn_scalar=8), head_dim=8,
         num_hidden_layers=7, sliding_window=4, query_pre_attn_scalar=13,
         rope_parameters=dict(sliding_attention=dict(rope_type="default", rope_theta=10000.0),
                              full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1000000.0))),
    case("phi3", "Phi3", "phi3", sliding_window=7, rope_parameters=ROPE | dict(partial_rotary_factor=0.5)),
    case("phi3-longrope", "Phi3", "phi3", head_dim=8, hidden_size=48, sliding_window=None,
         original_max_position_embeddings=32,
         rope_parameters=ROPE | dict(rope_type="longrope", short_factor=[1.0, 1.1, 1.3, 2.5],
                                     long_factor=[1.0, 2.0, 4.0, 8.0], original_max_position_embeddings=32)),
    case("olmo2", "Olmo2", "olmo2"),
    Case("gpt2", "GPT2", "gpt2", vocab_size=VOCABULARY, n_embd=24, n_head=6, n_layer=2, n_positions=CONTEXT,
         initializer_range=0.3, bos_token_id=1, eos_token_id=2),
    case("opt", "OPT", None, without=NO_ROPE + ("intermediate_size", "initializer_range"), ffn_dim=40,
         word_embed_proj_dim=24, init_std=0.3),
    case("gptneox", "GPTNeoX", "gptneox", without=NO_GROUPS, num_attention_heads=3,
         rope_parameters=ROPE | dict(partial_rotary_factor=0.5)),
    case("gptneox-sequential", "GPTNeoX", None, without=NO_GROUPS, use_parallel_residual=False,
         attention_bias=False, rope_parameters=ROPE | dict(partial_rotary_factor=1.0)),
    Case("bloom", "Bloom", "bloom", vocab_size=VOCABULARY, hidden_size=24, n_head=6, n_layer=2,
         initializer_range=0.3),
    case("starcoder2", "Starcoder2", "starcoder2", gguf_changes=dict(sliding_window=None), sliding_window=6,
         hidden_act="gelu_pytorch_tanh"),
]


# Weights.

def randomise(model):
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            if name.endswith("bias"):
                parameter.normal_(0, 0.7)
            elif parameter.dim() == 1:
                parameter.uniform_(0.3, 2).mul_(torch.where(torch.rand_like(parameter) < 0.2, -1.0, 1.0))
            else:
                parameter.normal_(0, 0.3)
    return model.eval()


# Numbers.

def sequences(generator):
    return [torch.randint(3, VOCABULARY, (length,), generator=generator).tolist() for length in (9, 22)]


def logits(model, ids):
    return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]


def greedy(model, ids, count):
    ids, margin = list(ids), float("inf")
    for _ in range(count):
        first, second = (top := logits(model, ids)[-1].topk(2)).values.tolist()
        margin = min(margin, first - second)
        ids.append(int(top.indices[0]))
    return ids[-count:], margin


def loss(model, ids):
    """The mean negative log-likelihood of the second half, in nats."""
    start = len(ids) // 2
    return torch.nn.functional.cross_entropy(logits(model, ids)[start - 1:-1], torch.tensor(ids[start:]))


def number(value):
    return float(f"{float(value):.9g}")


def gradient_sample(gradient, single):
    flat = gradient.flatten()
    places = sorted({int(flat.abs().argmax()), *(i * (len(flat) - 1) // (ELEMENTS - 1) for i in range(ELEMENTS))})
    return {"norm": number(flat.norm()), "error": number((flat - single.flatten()).norm()), "indices": places, "values": [number(flat[i]) for i in places]}


def numbers(model, single, texts):
    values = {"sequences": []}
    with torch.no_grad():
        for ids in texts:
            all_logits = logits(model, ids)
            new, margin = greedy(model, ids, 8)
            values["sequences"].append({
                "ids": ids, "argmax": all_logits.argmax(-1).tolist(), "logits": [number(v) for v in all_logits[-1]],
                "error": number((all_logits - logits(single, ids)).abs().max()),
                "greedy": new, "smallest_margin": number(margin), "loss": number(loss(model, ids))})
    return values


def gradients(model, single, texts, names):
    """By the names of the file, where GPT-NeoX's head has an older one."""
    for each in (model, single):
        each.zero_grad()
        (sum(loss(each, ids) for ids in texts) / len(texts)).backward()
    singles = dict(single.named_parameters())
    return {
        name if name in names else "embed_out.weight": gradient_sample(p.grad, singles[name].grad)
        for name, p in model.named_parameters()}


def weights(model, basis, a, names):
    """The tensors of w(A) = w0 - sum of A_k z_k by name; in files they are numbered by the bytes of theirs."""
    parameters = {n if n in names else "embed_out.weight": (n, p.detach()) for n, p in model.named_parameters()}
    moved = {}
    for tensor, stored in enumerate(sorted(parameters, key=lambda name: name.encode())):
        name, w0 = parameters[stored]
        z = numpy.stack([fedkseed.direction(basis, BASIS_SEED, CANDIDATES, k, tensor, 0, w0.numel())
                         for k in range(CANDIDATES)])
        moved[name] = w0 - (a @ torch.from_numpy(z).to(a.dtype)).reshape(w0.shape)
    return moved


def slopes(model, basis, texts, names):
    """The slopes of the mean loss along all coefficients, at coefficients of about 1e-3."""
    dtype = next(model.parameters()).dtype
    a = torch.tensor([float(numpy.float32((7 * k % 31 - 15) * 1e-4)) for k in range(CANDIDATES)], dtype=dtype)
    a.requires_grad_()
    moved = weights(model, basis, a, names)
    for ids in texts:
        out = torch.func.functional_call(model, moved, (torch.tensor([ids]),), {"use_cache": False}).logits[0]
        start = len(ids) // 2
        loss = torch.nn.functional.cross_entropy(out[start - 1:-1], torch.tensor(ids[start:])) / len(texts)
        loss.backward(retain_graph=True)
    return a.grad


def slope_sample(model, single, basis, texts, names):
    exact, rounded = slopes(model, basis, texts, names), slopes(single, basis, texts, names)
    return {"values": [number(v) for v in exact], "error": number((exact - rounded).abs().max())}


def both(folder, **changes):
    """The model of a folder in f64, and in f32."""
    load = lambda dtype: AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", **changes).eval()
    return load(torch.float64), load(torch.float32)


# GGUF, as convert_hf_to_gguf.py of llama.cpp writes it.

def permuted(weight, heads):
    shape = weight.shape
    return weight.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def ungrouped(weight, heads):
    shape = weight.shape
    return weight.reshape(heads, 3, shape[0] // heads // 3, *shape[1:]).swapaxes(0, 1).reshape(shape)


def gguf_tensors(case, config, state):
    names = gguf.get_tensor_name_map(
        {name: arch for arch, name in gguf.MODEL_ARCH_NAMES.items()}[case.gguf_name], 8)
    heads = getattr(config, "num_attention_heads", None) or config.n_head
    groups = getattr(config, "num_key_value_heads", heads)
    for name, tensor in state.items():
        value = tensor.float().numpy()
        if case.gguf_name in ("llama", "smollm3"):
            if ".q_proj." in name:
                value = permuted(value, heads)
            if ".k_proj." in name:
                value = permuted(value, groups)
        if case.gguf_name.startswith("gemma") and name.endswith("norm.weight"):
            value = value + 1
        if "query_key_value" in name:
            value = ungrouped(value, heads)
        if case.gguf_name == "gpt2" and name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")):
            value = value.T
        if case.gguf_name == "bloom":
            name = name.removeprefix("transformer.")
        yield names.get_name(name, try_suffixes=(".weight", ".bias")), numpy.ascontiguousarray(value)


def add_rope(writer, config):
    parameters = getattr(config, "rope_parameters", None)
    if not parameters:
        return
    parameters = parameters.get("full_attention", parameters)
    share = parameters.get("partial_rotary_factor", 1.0)
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_rope_freq_base(parameters["rope_theta"])
    writer.add_rope_dimension_count(int(size * share))
    kind = parameters["rope_type"]
    if kind == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(parameters["factor"])
    if kind == "llama3":
        plain = 1 / parameters["rope_theta"] ** (numpy.arange(0, size, 2, dtype=numpy.float32) / size)
        rope = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")[0].numpy()
        writer.add_tensor("rope_freqs.weight", (plain / rope).astype(numpy.float32))
    if kind == "longrope":
        original = parameters["original_max_position_embeddings"]
        scale = config.max_position_embeddings / original
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(float(numpy.sqrt(1 + numpy.log(scale) / numpy.log(original))))
        writer.add_tensor("rope_factors_short.weight", numpy.array(parameters["short_factor"], numpy.float32))
        writer.add_tensor("rope_factors_long.weight", numpy.array(parameters["long_factor"], numpy.float32))


def write_gguf(case, config, state, path):
    writer = gguf.GGUFWriter(path, case.gguf_name)
    hidden = getattr(config, "n_embd", None) or config.hidden_size
    writer.add_vocab_size(VOCABULARY)
    writer.add_context_length(getattr(config, "n_positions", None) or getattr(config, "max_position_embeddings", CONTEXT))
    writer.add_embedding_length(hidden)
    writer.add_block_count(getattr(config, "num_hidden_layers", None) or config.n_layer)
    writer.add_feed_forward_length(getattr(config, "intermediate_size", None) or 4 * hidden)
    writer.add_head_count(getattr(config, "num_attention_heads", None) or config.n_head)
    if hasattr(config, "num_key_value_heads"):
        writer.add_head_count_kv(config.num_key_value_heads)
    if getattr(config, "head_dim", None):
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    layer_epsilon = [getattr(config, key, None) for key in ("layer_norm_epsilon", "layer_norm_eps", "norm_epsilon")]
    if hasattr(config, "rms_norm_eps"):
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    else:
        writer.add_layer_norm_eps(next(value for value in layer_epsilon if value))
    add_rope(writer, config)
    if case.gguf_name in ("gemma2", "gemma3", "phi3") and config.sliding_window:
        writer.add_sliding_window(config.sliding_window)
    if case.gguf_name == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    if case.gguf_name == "gptneox":
        writer.add_parallel_residual(config.use_parallel_residual)
    if case.gguf_name == "bloom":
        writer.add_head_count_kv(config.n_head)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("no_vocab")
    for name, value in gguf_tensors(case, config, state):
        writer.add_tensor(name, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def without_tied_head(config, state):
    if config.tie_word_embeddings:
        return {name: value for name, value in state.items() if name not in ("lm_head.weight", "embed_out.weight")}
    return state


def make(case, seed, out):
    folder = out / case.name
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    config = case.make_config()
    randomise(AutoModelForCausalLM.from_config(config)).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    model, single = both(folder)
    texts = sequences(generator)
    with safetensors.safe_open(folder / "model.safetensors", "np") as file:
        names = set(file.keys())
    values = {"slopes": {b: slope_sample(model, single, b, texts, names) for b in ("hadamard", "gaussian")}}
    values |= numbers(model, single, texts) | {"gradients": gradients(model, single, texts, names)}
    if case.gguf_name:
        changed = case.make_config(**case.gguf_changes)
        state = without_tied_head(changed, single.state_dict())
        write_gguf(case, changed, state, folder / "model.gguf")
        if case.gguf_changes:
            values["gguf"] = numbers(*both(folder, config=changed), texts)
    values["made_by"] = {"torch": torch.__version__, "transformers": transformers.__version__, "seed": seed}
    (folder / "expected.json").write_text(json.dumps(values, separators=(",", ":")) + "\n")
    margin = min(s["smallest_margin"] for s in values["sequences"])
    print(f"{case.name}: {sum(p.numel() for p in model.parameters())} parameters, smallest margin {margin}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--out", type=pathlib.Path, default=FOLDER)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for case in CASES:
        if not arguments.names or case.name in arguments.names:
            make(case, arguments.seed, arguments.out)


if __name__ == "__main__":
    main()
