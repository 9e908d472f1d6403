"""Scores pairs of texts with the Python originals of the metrics; writes golden.json.

    pip install rouge==1.0.1 rouge-score==0.1.2 torchmetrics==1.9.0
    make_golden.py PATH/TO/shared/data

A row is [answer, reference, scores…], the scores in the order of METRICS. A text is itself or, in
the public data sets, [index of the file, index of the example, field]: those texts are not copied.
The made-up texts mix words, punctuation and scripts with a fixed seed. "stems" are words and their
stems by turns.
"""

import json
import pathlib
import random
import sys

import torch
from nltk.stem.porter import PorterStemmer
from rouge import Rouge
from rouge_score.rouge_scorer import RougeScorer
from torchmetrics.functional.text import squad

METRICS = [
    "rouge-l", "google-rouge-l", "google-rouge-lsum", "google-rouge-l-stem",
    "google-rouge-lsum-stem", "exact-match", "f1",
]
TYPES = ["rougeL", "rougeLsum"]
PLAIN = RougeScorer(TYPES, use_stemmer=False)
STEMMING = RougeScorer(TYPES, use_stemmer=True)
UNION = Rouge(metrics=["rouge-l"])

# An odd text is compared with each of its row.
EDGES = [
    ["", "", " ", ".", "..", " . ", "a", "the", "The.", "a.", "\n", "\u00a0", "\x1c"],
    ["word", "word ", "word.", "word. ", "Word", "words", "a word", "a–word", "the_word", "word\u200b"],
    ["é", "e\u0301", "É", "E\u0301", "e", "é."],
    ["ΟΔΟΣ", "οδος", "οδοσ", "ΟΔΟΣ'", "Σ", "ΑΣ.Β", "ΑΣ Β"],
    ["\u212aelvin", "kelvin", "Kelvin", "İstanbul", "istanbul", "i\u0307stanbul", "ISTANBUL"],
    ["東京 は 大きい", "東京 は", "東京", "は 東京", "東京は大きい"],
    ["²", "2", "½", "1/2", "٣", "3 the ٣ a ٣", "an-the-a", "theà a theà", "à the à"],
    ["a b c d e", "a b. c d e", "e d c b a", "a c e. b d", "a a a a", "a b\nc d e", "b b a a\nc"],
    ["😀 fine", "fine 😀", "👩‍👧 fine", "fine", "🇫🇷.🇩🇪", "🇩🇪.🇫🇷"],
]
WORDS = """the a an of in on Paris river rivers running runs ran quickly quick happy happiness
relational conditional rational valency hesitancy digitizer radically differently vilely analogously
vietnamization predication operator feudalism decisiveness hopefulness callousness formality
sensitivity sensibility triplicate formative formalize electricity electrical hopeful goodness
revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment
dependent adoption communism activate angularity homologous effective bowdlerize probate rate cease
controlling rolled sky skies dying news innings geology theology died dies spied flies enjoy enjoyment
spy tries agreed feed plastered bled motoring sing conflated troubled sized hopping tanned falling
hissing fizzed failing filing 42 3.14 well-known don't naïve Straße ΣΊΣΥΦΟΣ 東京 été İzmir — …
""".split()


def union_rouge(answer, reference):
    try:
        return UNION.get_scores(answer, reference)[0]["rouge-l"]["f"]
    except ValueError:  # an empty text: 0, as in FedKSeed's reference code
        return 0.0


def scores(answer, reference):
    plain, stemmed = PLAIN.score(reference, answer), STEMMING.score(reference, answer)
    match = squad(
        {"id": "0", "prediction_text": answer},
        {"id": "0", "answers": {"answer_start": [0], "text": [reference]}})
    return [round(score, 12) for score in [
        union_rouge(answer, reference), plain["rougeL"].fmeasure, plain["rougeLsum"].fmeasure,
        stemmed["rougeL"].fmeasure, stemmed["rougeLsum"].fmeasure,
        float(match["exact_match"]) / 100, float(match["f1"]) / 100,
    ]]


def made_up_text(generator):
    pieces = []
    for _ in range(generator.randrange(18)):
        word = generator.choice(WORDS)
        pieces.append(generator.choice([word, word, word.capitalize(), word.upper()]))
        pieces.append(generator.choice([" "] * 8 + [". ", ", ", ".\n", "\n", "  ", "-"]))
    return "".join(pieces)


def made_up_pairs(generator):
    for _ in range(150):
        answer = made_up_text(generator)
        words = answer.split(" ")
        generator.shuffle(words)
        reference = generator.choice([made_up_text(generator), " ".join(words), answer + "s"])
        yield answer, reference


def dolly(records, generator):
    rows = [i for i, r in enumerate(records) if len(r["context"] + r["response"]) < 1800]
    for index in generator.sample(rows, 700):
        other = ([index, "context"] if records[index]["context"]
                 else [generator.choice(rows), "response"])
        yield [index, "response"], other


def real_pairs(folder, generator):
    """Yields two places in the public data sets and the texts there."""
    names = ["dolly/databricks-dolly-15k.jsonl"]
    records = [json.loads(line) for line in (folder / names[0]).open(encoding="utf-8")]
    for answer, reference in dolly(records, generator):
        yield (names[0], *answer), (names[0], *reference), [
            records[index][field] for index, field in (answer, reference)]
    for path in generator.sample(sorted(folder.glob("natural-instructions/tasks/*.json")), 50):
        name = str(path.relative_to(folder))
        instances = json.loads(path.read_text("utf-8"))["Instances"]
        for _ in range(10):
            rows = [generator.randrange(len(instances)) for _ in range(2)]
            yield *((name, row, "response") for row in rows), [
                instances[row]["output"][0] for row in rows]


def stems(folder, generator):
    text = (folder / "dolly/databricks-dolly-15k.jsonl").read_text("utf-8").lower()
    words = {w for w in text.replace('"', " ").split() + WORDS if w.isascii() and w.isalpha()}
    stem = PorterStemmer().stem
    chosen = generator.sample(sorted(words), 2000) + ["sky", "skies", "dying", "howe", "yyyy", "ies"]
    return [item for word in chosen if len(word) > 3 for item in (word, stem(word))]


def main(folder):
    sys.setrecursionlimit(100_000)
    torch.set_default_dtype(torch.float64)  # the squad metric computes in the default type
    generator = random.Random(7)
    pairs = [(a, b) for row in EDGES for a in row for b in row]
    made = [[a, b, *scores(a, b)] for a, b in pairs + list(made_up_pairs(generator))]
    files, real = {}, []
    for *places, texts in real_pairs(folder, generator):
        places = [[files.setdefault(file, len(files)), *place] for file, *place in places]
        real.append([*places, *scores(*texts)])
    document = {
        "metrics": METRICS, "files": list(files), "made-up": made, "real": real,
        "stems": stems(folder, generator),
    }
    rows = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("],[", "],\n[")
    pathlib.Path(__file__).with_name("golden.json").write_text(rows + "\n", "utf-8")


main(pathlib.Path(sys.argv[1]))
