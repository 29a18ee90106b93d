"""The contract with clients as data: operations, messages, field numbers and codecs; no input or output here."""
