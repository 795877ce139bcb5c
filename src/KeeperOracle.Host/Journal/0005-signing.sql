-- Version 5. What a signer that keeps a record of its own has been asked for, and may have signed: until the answer is in the journal, the very
-- same is asked again, because for this nonce that signer gives nothing else.

CREATE TABLE signing (
    chain_id INTEGER NOT NULL,
    signer   TEXT    NOT NULL,
    plan     TEXT    NOT NULL,
    PRIMARY KEY (chain_id, signer)
) STRICT, WITHOUT ROWID;
