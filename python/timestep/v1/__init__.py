"""Code of the protobuf messages, made by tools/gen_proto.py of the sources in proto/."""
