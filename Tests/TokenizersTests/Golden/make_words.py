"""Makes the files of word expressions with Hugging Face `tokenizers` (made with 0.23.3).

    pip install tokenizers==0.23.3
    python make_words.py

words.json       for each expression its text, and texts with the words that `tokenizers` cuts them into
tiny-qwen2.json  a byte-level tokenizer as Qwen2 has it (NFC, the expression, marks), of few merges
qwen2.json       texts with the ids that it gives, without special tokens and with
"""

import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from make_golden import RANGES, SENTENCES, WORDS

FOLDER = pathlib.Path(__file__).parent
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
EXPRESSIONS = {
    # encoder.py of GPT-2; tokenizer.json of Qwen2 and of Llama 3.
    "gpt-2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "qwen2": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + TAIL,
    "llama3": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + TAIL,
}
PIECES = WORDS + """'S 'T 'RE 'Ve 'M 'lL 'D 'ſ 'K 's't 'x '' 've'll ' a'b it'S IT'S 1'S 1234567 12ab ab12 ٣٤٥٦ ½¾ Ⅷ x² _a #tag
.a -b \u00a0c \u3000d \u0085 \u2028e \u200bf \u180e ... ...\n ?!\r\n !\n\n .\t \t\tx \r \r\r\n \v \f \x1c \u00ad
e\u0301\u0323 A\u030a \u1100\u1161\u11a8 \u0915\u093f \u0e01\u0e33 \u2126 \ufb01 \u0344 \u0958 \u212b ü 각 \u0e33 \u05d0\u05b8
👍🏽 🇩🇪 \u0600\u06dd ǅ ʰ 〇 一二三 ①② \U0001d7d8 \U0001f130""".split(" ") + ["\n", "\n ", " \n", "  \n\n  ", "   ", "\t", " \r\n \n x"]


def texts(generator, count):
    def character():
        return chr(generator.randint(*generator.choice(RANGES)))

    def text():
        if generator.random() < 0.25:
            return "".join(character() for _ in range(generator.randint(0, 16)))
        return generator.choice(["", "", " "]).join(generator.choice(PIECES) for _ in range(generator.randint(1, 7)))

    return SENTENCES[:4] + PIECES + [text() for _ in range(count)]


def words(name, expression):
    split = pre_tokenizers.Split(Regex(expression), behavior="isolated", invert=False)
    return [
        [text, [piece for piece, _ in split.pre_tokenize_str(text)]]
        for text in texts(random.Random(name), 300) if text]


def tiny_qwen2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(EXPRESSIONS["qwen2"]), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(SENTENCES * 3, trainer)
    # Qwen2's marks come behind the vocabulary; none is looked for in the normalised text.
    tokenizer.add_special_tokens([
        AddedToken(token, normalized=False, special=True)
        for token in ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]])
    tokenizer.add_tokens([AddedToken("e\u0301clair", normalized=False), AddedToken("\u212bngstrom", normalized=True)])
    return tokenizer


def ids(tokenizer):
    cases = []
    marks = ["<|im_start|>user\nHi<|im_end|>\n", "e\u0301clair, \u00e9clair", "\u00c5ngstrom \u212bngstrom A\u030angstrom"]
    for text in marks + texts(random.Random("ids"), 200):
        tokenizer.encode_special_tokens = True
        plain = tokenizer.encode(text, add_special_tokens=False).ids
        tokenizer.encode_special_tokens = False
        cases.append([text, plain, tokenizer.encode(text, add_special_tokens=False).ids])
    return cases


def write(name, value, **options):
    (FOLDER / name).write_text(json.dumps(value, ensure_ascii=False, **options) + "\n", encoding="utf-8")


def main():
    write("words.json", {
        name: {"expression": expression, "cases": words(name, expression)}
        for name, expression in EXPRESSIONS.items()}, separators=(",", ":"))
    tokenizer = tiny_qwen2()
    write("tiny-qwen2.json", json.loads(tokenizer.to_str()), indent=0)
    write("qwen2.json", ids(tokenizer), separators=(",", ":"))


if __name__ == "__main__":
    main()
