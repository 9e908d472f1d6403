"""`apply` in memory against `fedkseed apply`: every bit, in every family; and what it refuses."""

import shutil
import warnings

import pytest
from conftest import MODELS, checkpoint_of, make_checkpoint

import fedkseed
from fedkseed import torch_model

torch = pytest.importorskip("torch", reason="needs torch", exc_type=ImportError)
transformers = pytest.importorskip("transformers", reason="needs transformers", exc_type=ImportError)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

FAMILIES = sorted(path.parent for path in MODELS.glob("tiny-families/*/config.json"))
LLAMA = MODELS / "tiny-llama"
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


@pytest.fixture(autouse=True)
def other_warnings():
    """Those of other packages are no fault of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "the base")
        yield


def load(folder, **options):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, **({"dtype": torch.float32} | options))


def applied_by_tool(tool, base, checkpoint, tmp_path, *options):
    fedkseed.write(tmp_path / "a.kseed", checkpoint)
    tool("apply", base, tmp_path / "a.kseed", "--out", tmp_path / "tuned", *options)
    return load(tmp_path / "tuned", dtype="auto")


def assert_same(one, other):
    one, other = dict(one.named_parameters()), dict(other.named_parameters())
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.dtype == other[name].dtype, name
        integer = torch.int32 if value.dtype == torch.float32 else torch.int16
        assert torch.equal(value.data.view(integer), other[name].data.view(integer)), name


@pytest.mark.parametrize("folder", FAMILIES, ids=lambda path: path.name)
def test_every_family_has_the_bits_of_the_tool(folder, tool, tmp_path, monkeypatch):
    monkeypatch.setattr(torch_model, "TILE", 100)  # so that tiles begin inside blocks
    checkpoint = checkpoint_of(folder, candidates=64)
    model = load(folder)
    before = {name: value.clone() for name, value in model.named_parameters()}
    assert fedkseed.apply(model, checkpoint) is model
    assert all(not torch.equal(value, before[name]) for name, value in model.named_parameters())
    assert_same(model, applied_by_tool(tool, folder, checkpoint, tmp_path))


@pytest.mark.parametrize("basis", fedkseed.BASES)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("folder", [LLAMA, LLAMA / "untied-bf16"], ids=lambda path: path.name)
def test_bases_and_types_have_the_bits_of_the_tool(basis, dtype, folder, tool, tmp_path):
    """A model in 16 bits of a base in 32: the base's own weights are rounded once, behind the directions."""
    checkpoint = checkpoint_of(folder, basis=basis, candidates=16)
    model = fedkseed.apply(load(folder, dtype=TYPES[dtype]), checkpoint)
    assert_same(model, applied_by_tool(tool, folder, checkpoint, tmp_path, "--dtype", dtype))


@pytest.mark.parametrize("parameters", ["*.q_proj.*,model.norm.weight", "model.embed_tokens.weight", "lm_head.weight"])
def test_only_what_moves_is_written(parameters, tool, tmp_path):
    folder = LLAMA / "untied-bf16"
    checkpoint = checkpoint_of(folder, parameters=parameters)
    model = load(folder)
    before = {name: (value.clone(), value._version) for name, value in model.named_parameters()}
    fedkseed.apply(model, checkpoint)
    for name, value in model.named_parameters():
        assert torch.equal(value, before[name][0]) != checkpoint.moves(name), name
    assert_same(model, applied_by_tool(tool, folder, checkpoint, tmp_path))


@pytest.mark.parametrize("name", ["bloom", "llama-linear", "mistral"])
def test_a_gguf_base_has_the_bits_of_the_tool(name, tool, tmp_path):
    for package in ("gguf", "accelerate"):
        pytest.importorskip(package, reason=f"needs {package}", exc_type=ImportError)
    file = MODELS / f"tiny-families/{name}/model.gguf"
    model = load(file.parent, gguf_file=file.name)
    checkpoint = make_checkpoint(base=fedkseed.identity(file), parameter_map=tool("inspect", file)["parameter_map_sha256"])
    fedkseed.apply(model, checkpoint, base=file)
    assert_same(model, applied_by_tool(tool, file, checkpoint, tmp_path))


def test_logits_and_answers_are_those_of_the_tool(tool, tmp_path):
    checkpoint = checkpoint_of(LLAMA)
    fedkseed.write(tmp_path / "a.kseed", checkpoint)
    model, ids = fedkseed.apply(load(LLAMA), tmp_path / "a.kseed"), [5, 77, 300, 12]
    expected = torch.tensor(tool("logits", LLAMA, "--tokens", "5,77,300,12", "--kseed", tmp_path / "a.kseed")["logits"])
    with torch.no_grad():
        found = model(torch.tensor([ids])).logits[0, -1]
    assert (found - expected).abs().max() <= 1e-4 * expected.abs().max()  # sums in another order


def test_progress_counts_what_moves():
    calls = []
    fedkseed.apply(load(LLAMA), checkpoint_of(LLAMA, parameters="*.q_proj.*"), progress=lambda *call: calls.append(call))
    assert calls and calls[-1][0] == calls[-1][1] == sum(
        tensor.count for tensor in fedkseed.folder_tensors(LLAMA) if ".q_proj." in tensor.name)


def test_a_model_that_is_tuned_already_is_refused():
    model, checkpoint = load(LLAMA), checkpoint_of(LLAMA)
    fedkseed.apply(model, checkpoint)
    with pytest.raises(fedkseed.ModelError, match="the model is tuned already"):
        fedkseed.apply(model, checkpoint)


def test_another_model_or_version_is_refused_before_anything_is_changed(tmp_path):
    checkpoint = checkpoint_of(LLAMA)
    with pytest.raises(fedkseed.ModelError, match="parameter_map of the model is .*, expected"):
        fedkseed.apply(load(MODELS / "tiny-qwen2"), checkpoint)
    other = tmp_path / "other"
    shutil.copytree(LLAMA, other, ignore=shutil.ignore_patterns("untied*"))
    model = load(LLAMA)
    with torch.no_grad():
        model.model.norm.weight += 1
    model.save_pretrained(other)
    model = load(other)
    before = {name: value.clone() for name, value in model.named_parameters()}
    with pytest.raises(fedkseed.ModelError, match=f"base {other} is .*, expected {checkpoint.base}"):
        fedkseed.apply(model, checkpoint)
    assert all(torch.equal(value, before[name]) for name, value in model.named_parameters())
    fedkseed.apply(load(other), checkpoint, base=LLAMA)  # what the caller says of the base counts


def test_the_base_is_found_in_the_cache_of_the_hub(tmp_path, monkeypatch):
    """The cache's layout: models--OWNER--NAME with refs/main and snapshots/REVISION."""
    revision = "0123456789abcdef0123456789abcdef01234567"
    store = tmp_path / "models--owner--name"
    (store / "refs").mkdir(parents=True)
    (store / "refs/main").write_text(revision)
    shutil.copytree(LLAMA, store / "snapshots" / revision, ignore=shutil.ignore_patterns("untied*"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(tmp_path), raising=False)
    model = load(LLAMA)
    model.config._name_or_path = "owner/name"
    if torch_model.found_base(model) is None:
        pytest.skip("this version of transformers keeps its cache elsewhere")
    assert torch_model.found_base(model) == str(store / "snapshots" / revision)
    fedkseed.apply(model, checkpoint_of(LLAMA))


@pytest.mark.parametrize("name", ["", "no-owner/no-model-of-this-name", str(MODELS / "tiny-quantised")])
def test_a_base_that_is_not_known_is_said(name):
    model = load(LLAMA)
    model.config._name_or_path = name
    with pytest.warns(UserWarning, match="the base's files are not known"):
        fedkseed.apply(model, checkpoint_of(LLAMA))


def test_weights_that_are_elsewhere_or_packed_are_refused():
    checkpoint = checkpoint_of(LLAMA)
    with torch.device("meta"):
        empty = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(LLAMA))
    with pytest.raises(fedkseed.ModelError, match="is on meta, expected weights in memory"):
        fedkseed.apply(empty, checkpoint, base=LLAMA)
    model = load(LLAMA)
    weight = model.model.layers[0].self_attn.q_proj.weight
    weight.requires_grad_(False)
    weight.data = weight.data.to(torch.int8)
    with pytest.raises(fedkseed.ModelError, match="q_proj.weight' is torch.int8, expected float32"):
        fedkseed.apply(model, checkpoint)

