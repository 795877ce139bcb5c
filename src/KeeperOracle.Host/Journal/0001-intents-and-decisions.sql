-- Version 1. Meanings, states and rules stand at the head of Journal.cs.

CREATE TABLE intent (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    chain_id         INTEGER NOT NULL,
    signer           TEXT    NOT NULL,
    nonce            INTEGER NOT NULL CHECK (nonce >= 0),
    purpose          TEXT    NOT NULL,
    action           TEXT    NOT NULL,
    target           TEXT    NOT NULL,
    state            TEXT    NOT NULL CHECK (state IN ('signed', 'pending', 'included', 'finalized', 'reverted', 'dropped')),
    reason           TEXT,
    settled_block    INTEGER,
    created_at_block INTEGER NOT NULL,
    CHECK ((settled_block IS NULL) = (state IN ('signed', 'pending'))),
    UNIQUE (chain_id, signer, nonce)
) STRICT;

-- One live intent for each purpose; only one that ended without effect frees its purpose.
CREATE UNIQUE INDEX intent_live_purpose ON intent (chain_id, purpose) WHERE state NOT IN ('reverted', 'dropped');
CREATE INDEX intent_purpose ON intent (chain_id, purpose);
CREATE INDEX intent_state ON intent (chain_id, state);

CREATE TABLE attempt (
    id                       INTEGER PRIMARY KEY AUTOINCREMENT,
    intent_id                INTEGER NOT NULL REFERENCES intent (id),
    number                   INTEGER NOT NULL CHECK (number >= 1),
    tx_hash                  BLOB    NOT NULL UNIQUE CHECK (length(tx_hash) = 32),
    raw                      BLOB    NOT NULL CHECK (length(raw) > 0),
    max_fee_per_gas          TEXT    NOT NULL,
    max_priority_fee_per_gas TEXT    NOT NULL,
    sent                     INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
    outcome                  TEXT,
    UNIQUE (intent_id, number)
) STRICT;

CREATE TABLE signer_nonce (
    chain_id   INTEGER NOT NULL,
    signer     TEXT    NOT NULL,
    next_nonce INTEGER NOT NULL CHECK (next_nonce >= 0),
    PRIMARY KEY (chain_id, signer)
) STRICT, WITHOUT ROWID;

-- The floor under a signer's nonces is never lowered and never forgotten, whoever asks.
CREATE TRIGGER signer_nonce_only_rises BEFORE UPDATE ON signer_nonce WHEN new.next_nonce < old.next_nonce
BEGIN SELECT RAISE(ABORT, 'a nonce floor is never lowered'); END;
CREATE TRIGGER signer_nonce_stays BEFORE DELETE ON signer_nonce
BEGIN SELECT RAISE(ABORT, 'a nonce floor is never deleted'); END;

-- What was signed stays as it was signed.
CREATE TRIGGER attempt_bytes_stay BEFORE UPDATE OF intent_id, number, tx_hash, raw ON attempt
BEGIN SELECT RAISE(ABORT, 'the bytes of an attempt are never changed'); END;
CREATE TRIGGER attempt_stays BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'an attempt is never deleted'); END;
CREATE TRIGGER intent_stays BEFORE DELETE ON intent
BEGIN SELECT RAISE(ABORT, 'an intent is never deleted'); END;

CREATE TABLE decision (
    seq           INTEGER PRIMARY KEY,
    event         BLOB NOT NULL,
    decisions     BLOB NOT NULL,
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER decision_never_updated BEFORE UPDATE ON decision
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
CREATE TRIGGER decision_never_deleted BEFORE DELETE ON decision
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
-- INSERT OR REPLACE would delete without asking the trigger above, and a gap would hide a loss.
CREATE TRIGGER decision_only_appended BEFORE INSERT ON decision
WHEN new.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM decision)
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;
