-- Version 1. What it is for stands at the head of PolicySigner.cs. Amounts are wei as decimal text; times are seconds of the guard's clock.

CREATE TABLE signed_transaction (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    chain_id     INTEGER NOT NULL,
    signer       TEXT    NOT NULL,
    nonce        INTEGER NOT NULL CHECK (nonce >= 0),
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    action       BLOB    NOT NULL CHECK (length(action) = 32),
    max_fee      TEXT    NOT NULL,
    priority_fee TEXT    NOT NULL,
    cost         TEXT    NOT NULL,
    charge       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    UNIQUE (chain_id, signer, nonce, digest)
) STRICT;

CREATE INDEX signed_transaction_at ON signed_transaction (at);

CREATE TRIGGER signed_transaction_stays BEFORE DELETE ON signed_transaction
BEGIN SELECT RAISE(ABORT, 'what was signed is never deleted'); END;
CREATE TRIGGER signed_transaction_unchanged BEFORE UPDATE ON signed_transaction
BEGIN SELECT RAISE(ABORT, 'what was signed is never changed'); END;

CREATE TABLE attested (
    chain_id    INTEGER NOT NULL,
    verifier    TEXT    NOT NULL,
    signer      TEXT    NOT NULL,
    market      BLOB    NOT NULL CHECK (length(market) = 32),
    epoch       INTEGER NOT NULL,
    observed_at INTEGER NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (chain_id, verifier, signer, market)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attested_only_rises BEFORE UPDATE ON attested
WHEN new.epoch < old.epoch OR new.observed_at <= old.observed_at
BEGIN SELECT RAISE(ABORT, 'what was attested never goes back'); END;
CREATE TRIGGER attested_stays BEFORE DELETE ON attested
BEGIN SELECT RAISE(ABORT, 'what was attested is never forgotten'); END;
