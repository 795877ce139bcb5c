-- Version 4. When an intent was signed, and what its data costs beside gas: the hourly budgets outlive the process.
-- Intents of earlier versions count as signed long ago.

ALTER TABLE intent ADD COLUMN signed_at INTEGER NOT NULL DEFAULT 0 CHECK (signed_at >= 0);
ALTER TABLE intent ADD COLUMN data_fee TEXT NOT NULL DEFAULT '0';

CREATE INDEX intent_signed_at ON intent (chain_id, signed_at);
