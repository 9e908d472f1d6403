"""Makes parts.json with Hugging Face `tokenizers`, SentencePiece and tiktoken (made with 0.23.3, 0.2.3 and 0.14.0).

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 tiktoken==0.14.0
    python make_parts.py

parts.json  expressions: for each an expression, a behaviour, texts and the words that `Split` cuts them into
            tokenizers:  for each a tokenizer.json of other parts, texts, their ids, and ids with their texts
            pieces:      for each a SentencePiece model in Base64, texts and their ids
            ranks:       a vocabulary of tiktoken, an expression, texts and their ids
"""

import base64
import io
import json
import pathlib
import random
import tempfile

import sentencepiece
import tiktoken
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from make_golden import SENTENCES
from make_words import PIECES

FOLDER = pathlib.Path(__file__).parent
LETTERS = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
CASED = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
EXPRESSIONS = [
    # What models use: GPT-4o, GPT-4, DeepSeek, Falcon, BLOOM, EXAONE, digits in threes from the right.
    (LETTERS + CASED + r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + CASED
     + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+", "isolated", False),
    (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s", "isolated", False),
    ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+", "isolated", False),
    (r"\s+$", "isolated", False),
    (r"[一-龥぀-ゟ゠-ヿ]+", "isolated", False),
    (r" ?[^(\s|[.,!?…。，、।۔،])]+", "isolated", False),
    (r"[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+", "isolated", False),
    (r"\d{1,3}(?=(?:\d{3})*\b)", "isolated", False),
    (r"(?=(\d{3})+(?!\d))", "isolated", False),
    (r"[\p{L}&&[^\p{Han}]]+|\p{Han}+", "isolated", False),
    # Behaviours, inversion, and the rest of the dialect.
    *[(r"[aeiou]", behavior, invert) for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous") for invert in (False, True)],
    (r"\w+|[^\w\s]+", "removed", True),
    (r"(?<=\p{L})\p{N}|(?<!\p{L})\p{P}", "isolated", False),
    (r"\b|\B\d", "isolated", False),
    (r"(?>a+)b|a|.", "isolated", False),
    (r"^\S+|\S+$|\A\s+", "isolated", False),
    (r"a{2}|e{1,}?|(?:th|he)+?|s{,2}", "isolated", False),
    (r"[\d\-x]|[^\W\d_]+|\P{L}{2}|\x{41}|\u0042|\h", "isolated", False),
    (r"(?i)THE|raxe|[k-m]+", "isolated", False),
    (r"[[:alpha:]]+|[[:^space:][:digit:]]", "isolated", False),
    (r"\R|\p{Hiragana}+|\p{Katakana}+|\p{Hangul}+|\p{Alnum}+", "isolated", False),
]


def texts(generator, count):
    return SENTENCES[:6] + ["", " ", "1234567 12 x12345", "aab aaab ab\n\nb a", "\r\n\n\r x", "ひらカタ한글漢字abc 123"] + [
        generator.choice(["", "", " "]).join(generator.choice(PIECES) for _ in range(generator.randint(1, 7)))
        for _ in range(count)]


def expressions():
    result = []
    for expression, behavior, invert in EXPRESSIONS:
        split = pre_tokenizers.Split(Regex(expression), behavior=behavior, invert=invert)
        cases = [[text, [piece for piece, _ in split.pre_tokenize_str(text)]] for text in texts(random.Random(expression), 40)]
        name = "".join(part.capitalize() for part in behavior.split("_"))
        name = {"MergedWithPrevious": name, "MergedWithNext": name}.get(name, name)
        result.append({"expression": expression, "behavior": name, "invert": invert, "cases": cases})
    return result


def bpe(pre_tokenizer, normalizer=None, decoder=None, model=None, size=420, initial=(), special=()):
    tokenizer = Tokenizer(model or models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    if decoder:
        tokenizer.decoder = decoder
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=list(initial), special_tokens=list(special), limit_alphabet=1000 if initial else 200)
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    return tokenizer


def unigram(pre_tokenizer, normalizer=None, decoder=None, byte_fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoder
    bytes_as_tokens = [f"<0x{byte:02X}>" for byte in range(256)] if byte_fallback else []
    trainer = trainers.UnigramTrainer(
        vocab_size=260 + len(bytes_as_tokens), show_progress=False, unk_token="<unk>",
        special_tokens=["<pad>", "</s>", "<unk>", *bytes_as_tokens])
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    if byte_fallback:
        file = json.loads(tokenizer.to_str())
        file["model"]["byte_fallback"] = True
        file["added_tokens"] = [token for token in file["added_tokens"] if token["id"] < 3]
        tokenizer = Tokenizer.from_str(json.dumps(file))
    return tokenizer


def all_tokenizers():
    byte_level = pre_tokenizers.ByteLevel
    alphabet = sorted(byte_level.alphabet())
    tokenizers = {
        "bytes with a prefix space": bpe(byte_level(add_prefix_space=True), decoder=decoders.ByteLevel(), initial=alphabet),
        "bytes spelled before the end": bpe(
            pre_tokenizers.Sequence([
                pre_tokenizers.Punctuation(behavior="contiguous"), byte_level(add_prefix_space=False),
                pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), behavior="isolated")]),
            decoder=decoders.ByteLevel(), initial=alphabet),
        "normal forms": bpe(
            byte_level(add_prefix_space=False),
            normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Strip()]),
            decoders.ByteLevel(), initial=alphabet),
        "compatibility forms": bpe(
            byte_level(add_prefix_space=False), normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]),
            decoders.ByteLevel(), initial=alphabet),
        "characters and unknown ones": bpe(
            pre_tokenizers.Whitespace(), model=models.BPE(unk_token="<unk>"), special=["<unk>"]),
        "characters and unknown ones as one": bpe(
            pre_tokenizers.WhitespaceSplit(), normalizers.NFKD(), model=models.BPE(unk_token="<unk>", fuse_unk=True), special=["<unk>"]),
        "marks that split": bpe(
            pre_tokenizers.Metaspace(prepend_scheme="always", split=True), decoder=decoders.Metaspace(prepend_scheme="always")),
        "marks at the beginning": bpe(
            pre_tokenizers.Metaspace(prepend_scheme="first", split=False), decoder=decoders.Metaspace(prepend_scheme="first"),
            model=models.BPE(unk_token="<unk>"), special=["<unk>", "<mark>"]),
        "delimiters": bpe(
            pre_tokenizers.Sequence([pre_tokenizers.CharDelimiterSplit("_"), pre_tokenizers.BertPreTokenizer()]),
            model=models.BPE(unk_token="<unk>"), special=["<unk>"]),
        "unigrams": unigram(
            pre_tokenizers.Metaspace(), normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]), decoders.Metaspace()),
        "unigrams with bytes": unigram(
            pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]), None,
            decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]), byte_fallback=True),
        "unigrams of a whole text": unigram(
            pre_tokenizers.Metaspace(split=False), None, decoders.Metaspace()),
    }
    tokenizers["unigrams"].post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizers["characters and unknown ones"].add_special_tokens([AddedToken("<cls>"), AddedToken("<sep>", rstrip=True)])
    tokenizers["characters and unknown ones"].post_processor = processors.RobertaProcessing(
        ("<sep>", tokenizers["characters and unknown ones"].token_to_id("<sep>")),
        ("<cls>", tokenizers["characters and unknown ones"].token_to_id("<cls>")))
    for tokenizer in tokenizers.values():
        tokenizer.add_tokens([AddedToken("the sea", normalized=True), AddedToken("kseed", single_word=True, normalized=False)])
        tokenizer.add_special_tokens([AddedToken("<|a|>", normalized=False), AddedToken("<|a|><|b|>", normalized=False)])
    charsmap = piece_model("unigram", maps=True).normalizer_spec.precompiled_charsmap
    mapped = Tokenizer.from_str(tokenizers["unigrams"].to_str())
    mapped.normalizer = normalizers.Precompiled(charsmap)
    tokenizers["a map of characters"] = mapped
    return tokenizers


def cases(tokenizer, generator):
    result = []
    marks = ["<|a|><|b|> the seal <|a|>b", "the sea kseed kseeds", "The SEA, ｔｈｅ　ｓｅａ", " lead", "a  b   c", "日本<sep>  x"]
    for text in marks + texts(generator, 40):
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text, add_special_tokens=False).ids
        whole = tokenizer.encode(text).ids
        decoded = tokenizer.decode(special, skip_special_tokens=False)
        # Where bytes are not UTF-8, `tokenizers` repairs each byte, and this project each maximal part.
        result.append([text, plain, special, whole, None if "\ufffd" in decoded else decoded])
    return result


# A small map of characters: the full ones take 240 KB.
RULES = {"A": "a", "T": "t", "ﬁ": "fi", "Ⅷ": "viii", "①": "1", "　": " ", "\u00a0": " ", "e\u0301": "é", "\u212b": "Å", "\u00ad": "",
         **{chr(0xFF41 + index): chr(0x61 + index) for index in range(26)}}


def piece_model(model_type, **options):
    from sentencepiece import sentencepiece_model_pb2
    model = io.BytesIO()
    if options.pop("maps", False):
        with tempfile.NamedTemporaryFile("w", suffix=".tsv", delete=False) as file:
            for old, new in RULES.items():
                file.write(" ".join(f"{ord(c):X}" for c in old) + "\t" + " ".join(f"{ord(c):X}" for c in new) + "\n")
        options["normalization_rule_tsv"] = file.name
    else:
        options["normalization_rule_name"] = "identity"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3), model_writer=model, model_type=model_type, vocab_size=options.pop("vocab_size", 300),
        hard_vocab_limit=False, minloglevel=2, **options)
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto


def pieces():
    models = {
        "byte pairs": dict(model_type="bpe", vocab_size=560, byte_fallback=True, character_coverage=0.98, remove_extra_whitespaces=False),
        "byte pairs without bytes": dict(model_type="bpe", vocab_size=300, character_coverage=0.98, maps=True),
        "byte pairs with users' tokens": dict(model_type="bpe", vocab_size=560, byte_fallback=True, user_defined_symbols=["kseed", "\n\n", "▁▁"], add_dummy_prefix=False, remove_extra_whitespaces=False),
        "unigrams": dict(model_type="unigram", vocab_size=260, maps=True),
        "unigrams with bytes": dict(model_type="unigram", vocab_size=500, byte_fallback=True, character_coverage=0.98, maps=True),
    }
    result = []
    for name, options in models.items():
        proto = piece_model(**options)
        data = proto.SerializeToString()
        processor = sentencepiece.SentencePieceProcessor(model_proto=data)
        examples = [[text, processor.encode(text)] for text in texts(random.Random(name), 40) + ["x\n\nkseed  y ", "ｔｈｅ　Ⅷ ﬁ ①", "  a  b  "] if "▁" not in text]
        result.append({"name": name, "model": base64.b64encode(data).decode(), "cases": examples})
    return result


def ranks():
    tokenizer = bpe(pre_tokenizers.ByteLevel(add_prefix_space=False), initial=sorted(pre_tokenizers.ByteLevel.alphabet()))
    spelled = {chr(code): byte for byte, code in byte_codes().items()}
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [bytes(spelled[character] for character in token) for token, _ in vocabulary]
    expression = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s++$|\s+"
    encoding = tiktoken.Encoding("tiny", pat_str=expression, mergeable_ranks={token: rank for rank, token in enumerate(tokens)}, special_tokens={})
    return {
        "expression": expression, "tokens": [base64.b64encode(token).decode() for token in tokens],
        "cases": [[text, encoding.encode_ordinary(text)] for text in texts(random.Random("ranks"), 60)]}


def byte_codes():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: byte for byte in printable}, **{byte: 256 + index for index, byte in enumerate(others)}}


def main():
    golden = {
        "expressions": expressions(),
        "tokenizers": [
            {"name": name, "file": tokenizer.to_str(), "cases": cases(tokenizer, random.Random(name))}
            for name, tokenizer in all_tokenizers().items()],
        "pieces": pieces(), "ranks": ranks()}
    (FOLDER / "parts.json").write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
