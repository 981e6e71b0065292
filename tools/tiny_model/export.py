# pyright: reportMissingImports=false
"""Writes a trained network as the GGUF file that llama.cpp loads."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from network import CONTEXT, EPSILON, HEADS, HIDDEN, LAYERS, ROPE_BASE, WIDTH, Network
from vocabulary import END, ID, TOKENS, TYPES

TEMPLATE = Path(__file__).parent / "chat_template.jinja"


def write(network: Network, path: Path) -> None:
    """Write matrices as 16-bit floats and norms as 32-bit ones."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny-tools")
    writer.add_description("Calls a few tools in synthetic dialogues; a test asset, made by tools/tiny_model")
    writer.add_license("mit")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_vocab_size(len(TOKENS))
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _add_tokenizer(writer)
    for name, weight in network.state_dict().items():
        values = weight.numpy()
        writer.add_tensor(name, values.astype(np.float16 if values.ndim > 1 else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: gguf.GGUFWriter) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_token_list(list(TOKENS))
    writer.add_token_scores([0.0] * len(TOKENS))
    writer.add_token_types(list(TYPES))
    writer.add_unk_token_id(0)
    writer.add_eos_token_id(ID[END])
    writer.add_eot_token_id(ID[END])
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE.read_text(encoding="utf-8"))
