"""What Hugging Face checkpoints of each family call their tensors, where it matters to coordinates.

The table of families in section 1 of Documentation/Directions.md; Documentation/Models.md has the families.
"""

import dataclasses
import fnmatch


@dataclasses.dataclass(frozen=True)
class Family:
    """How the names of a family's tensors are told, and which tensors are no parameters."""

    embedding: str = "model.embed_tokens.weight"
    head: str = "lm_head.weight"
    ties: bool = False
    """Whether the head is the embedding where `tie_word_embeddings` is missing."""
    prefix: str = ""
    """What precedes the canonical names, but not those of every checkpoint."""
    masks: tuple = ()
    """Patterns of tables that are not trained."""

    def canonical(self, name):
        """Return the canonical name of a tensor in a file."""
        if not self.prefix or name == self.head or name.startswith(self.prefix):
            return name
        return self.prefix + name

    def is_parameter(self, name, ties):
        """Return whether the tensor of this canonical name is trained; `ties`: whether the head is the embedding."""
        tables = ("*.rotary_emb.inv_freq", *self.masks)
        return not (ties and name == self.head) and not any(fnmatch.fnmatchcase(name, table) for table in tables)


# By `model_type` in config.json. A model of another type is read as Llama's, which has no exceptions.
FAMILIES = {
    "bloom": Family("transformer.word_embeddings.weight", ties=True, prefix="transformer."),
    "gemma": Family(ties=True),
    "gemma2": Family(ties=True),
    "gemma3_text": Family(ties=True),
    "gpt2": Family("transformer.wte.weight", ties=True, prefix="transformer.",
                   masks=("*.attn.bias", "*.attn.masked_bias")),
    "gpt_neox": Family("gpt_neox.embed_in.weight", head="embed_out.weight",
                       masks=("*.attention.bias", "*.attention.masked_bias")),
    "opt": Family("model.decoder.embed_tokens.weight", ties=True, prefix="model."),
    "smollm3": Family(ties=True),
    "starcoder2": Family(ties=True),
}
LLAMA = Family()


def family(model_type):
    """Return the family of a `model_type`."""
    return FAMILIES.get(model_type, LLAMA) if isinstance(model_type, str) else LLAMA
