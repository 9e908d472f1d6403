"""Makes the files of this folder with Hugging Face `tokenizers` (made with 0.23.3).

    pip install tokenizers==0.23.3 gguf
    python make_golden.py [VOCABULARY.gguf ...]

tiny-bytes.json       a byte-level tokenizer trained on the sentences below
tiny-characters.json  a Llama-style tokenizer trained on the same
golden.json           texts with the ids and decoded texts that `tokenizers` gives, for both of these and
                      for each GGUF vocabulary given: ggml-vocab-gpt-2, ggml-vocab-llama-spm, SmolLM2
"""

import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).parent
SENTENCES = """
The miller's daughter counted 12 sacks of flour, 7 of rye and 30 of oats before the rain began.
Don't you think we'll need a larger boat? They've said it isn't safe, and I'm inclined to agree!
A seed of sixty-four bits names a direction; one scalar says how far to go along it.
Below 0 °C the lake freezes; above 4 °C its water grows lighter again, so fish survive the winter.
Das Mädchen läuft über die Straße, während der Bäcker süßes Gebäck aus dem Ofen holt.
L'été dernier, nous avons mangé des crêpes près de la forêt où naît la rivière.
Старый рыбак смотрел на море и думал о том, что завтра будет дождь.
春天来了，河边的柳树发了新芽，孩子们在草地上放风筝。
for (int i = 0; i < count; ++i) { total += weights[i] * inputs[i]; }  // one product per step
The federation sends the seeds and the scalars, never the weights; the weights stay where they are.
""".strip().split("\n")
WORDS = """the seeds weights isn't we'll THEY'VE I'm 'tis don''t 12 3456 ½ ² Ⅷ café Straße рыбак 柳树 日本語 한국어 عربى
हिन्दी ไทย 🦙 👨‍👩‍👧 e\u0301 \u00a0 \u3000 \u200d ... !? --- (x)=>{} a.b@c.de https://x.org/?q=1 ▁ <0x0A> <s> </s> <unk> <|end|>
<|im_end|> <|endoftext|> kseed fed kseeds λ ﬁ""".split(" ") + ["\n", "\t", " ", "  ", "   ", "\n\n", " \n ", "\r\n"]
RANGES = [(0x20, 0x7E)] * 4 + [(0xA0, 0x24F), (0x370, 0x52F), (0x600, 0x6FF), (0x2000, 0x2BFF), (0x4E00, 0x9FFF),
                               (0x1F300, 0x1FAFF), (0, 0x1F), (0x7F, 0x9F)]


def train(model, trainer, normalizer, pre_tokenizer):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return tokenizer


def tiny_bytes():
    """Digits one by one, 256 bytes, and added tokens with every flag."""
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<|endoftext|>", "<|end|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer = train(
        models.BPE(), trainer, None,
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level]))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([
        AddedToken("kseed", single_word=True), AddedToken("λ", lstrip=True), AddedToken("=>{", rstrip=True)])
    return json.loads(tokenizer.to_str())


def tiny_characters():
    """Bytes as a fallback, spaces as `▁`; merges spelled with a space between, as old files have it."""
    bytes_as_tokens = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=560, special_tokens=["<unk>", "<s>", "</s>", *bytes_as_tokens], show_progress=False)
    tokenizer = train(
        models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True), trainer,
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        pre_tokenizers.Metaspace(prepend_scheme="never"))
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    file = json.loads(tokenizer.to_str())
    file["pre_tokenizer"] = None
    file["added_tokens"] = [token for token in file["added_tokens"] if token["id"] < 3]
    file["model"]["merges"] = [" ".join(merge) for merge in file["model"]["merges"]]
    return file


def from_gguf(path):
    """The tokenizer.json that a GGUF vocabulary amounts to."""
    from gguf import GGUFReader
    fields = GGUFReader(path).fields

    def value(key):
        return fields["tokenizer.ggml." + key].contents()

    tokens, types = value("tokens"), value("token_type")
    file = tiny_bytes() if value("model") == "gpt2" else tiny_characters()
    file["added_tokens"] = [
        dict(id=id, content=token, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
        for id, (token, kind) in enumerate(zip(tokens, types)) if kind in (2, 3)]
    file["model"]["vocab"] = {token: id for id, token in enumerate(tokens)}
    if value("model") == "gpt2":
        file["model"]["merges"] = value("merges")
        if value("pre") == "gpt-2":
            file["pre_tokenizer"] = file["pre_tokenizer"]["pretokenizers"][1]
    else:
        file["model"]["merges"] = merges_by_score(tokens, types, value("scores"))
    return file


def merges_by_score(tokens, types, scores):
    ids = {token: id for id, token in enumerate(tokens) if types[id] == 1}
    merges = []
    for token, id in ids.items():
        cuts = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        merges += sorted(
            (-scores[id], ids[left], ids[right], left, right)
            for left, right in cuts if left in ids and right in ids)
    return [[left, right] for _, _, _, left, right in sorted(merges, key=lambda merge: merge[0])]


def texts(generator, count):
    def character():
        return chr(generator.randint(*generator.choice(RANGES)))

    def text():
        if generator.random() < 0.3:
            return "".join(character() for _ in range(generator.randint(0, 16)))
        return generator.choice(["", " "]).join(generator.choice(WORDS) for _ in range(generator.randint(1, 8)))

    return [text() for _ in range(count)]


def golden(name, file, count):
    """Cases of [text, ids without special tokens, ids with them or null if the same, decoded ids, text]."""
    generator = random.Random(name)
    tokenizer = Tokenizer.from_str(json.dumps(file))
    cases = []
    for text in texts(generator, count):
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text, add_special_tokens=False).ids
        ids = [generator.randrange(tokenizer.get_vocab_size()) for _ in range(generator.randint(0, 6))]
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        # Where byte tokens are not UTF-8, `tokenizers` repairs each byte and we each maximal part.
        if file["model"]["byte_fallback"] and "\ufffd" in decoded:
            ids, decoded = [], ""
        cases.append([text, plain, None if special == plain else special, ids, decoded])
    return cases


def write(name, value, **options):
    (FOLDER / name).write_text(json.dumps(value, ensure_ascii=False, **options) + "\n", encoding="utf-8")


def main():
    tiny = {"tiny-bytes": tiny_bytes(), "tiny-characters": tiny_characters()}
    for name, file in tiny.items():
        write(name + ".json", file, indent=0)
    cases = {name: golden(name, file, 120) for name, file in tiny.items()}
    for path in map(pathlib.Path, sys.argv[1:]):
        cases[path.stem] = golden(path.stem, from_gguf(path), 70)
    write("golden.json", cases, separators=(",", ":"))


if __name__ == "__main__":
    main()
