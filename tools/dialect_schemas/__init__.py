"""Makes JSON Schemas of the SDKs' run states of what real packages have written (tools/gen_dialect_schemas.py)."""
