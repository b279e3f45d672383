-- The tables and queries that Orleans' ADO.NET grain storage looks for, for SQLite. Idempotent.
PRAGMA journal_mode = WAL;

CREATE TABLE IF NOT EXISTS OrleansQuery (
    QueryKey  TEXT PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS GrainState (
    ServiceId     TEXT    NOT NULL,
    GrainType     TEXT    NOT NULL,
    IdN0          INTEGER NOT NULL,
    IdN1          INTEGER NOT NULL,
    IdExtension   TEXT    NOT NULL,
    Payload       BLOB,
    ModifiedOn    TEXT    NOT NULL,
    Version       INTEGER NOT NULL,
    PRIMARY KEY (ServiceId, GrainType, IdN0, IdN1, IdExtension)
) WITHOUT ROWID;

-- One statement, so that it needs no transaction of its own; no row comes back when the version is not the one expected.
INSERT OR REPLACE INTO OrleansQuery VALUES ('WriteToStorageKey', '
    INSERT INTO GrainState VALUES (@ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, COALESCE(@GrainIdExtensionString, ''''), @PayloadBinary, datetime(''now''), COALESCE(@GrainStateVersion, 0) + 1)
    ON CONFLICT DO UPDATE SET Payload = excluded.Payload, ModifiedOn = excluded.ModifiedOn, Version = Version + 1 WHERE Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion');

INSERT OR REPLACE INTO OrleansQuery VALUES ('ReadFromStorageKey', '
    SELECT Payload AS PayloadBinary, Version FROM GrainState
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''')');

INSERT OR REPLACE INTO OrleansQuery VALUES ('ClearStorageKey', '
    UPDATE GrainState SET Payload = NULL, ModifiedOn = datetime(''now''), Version = Version + 1
    WHERE ServiceId = @ServiceId AND GrainType = @GrainTypeString AND IdN0 = @GrainIdN0 AND IdN1 = @GrainIdN1 AND IdExtension = COALESCE(@GrainIdExtensionString, '''') AND Version = @GrainStateVersion
    RETURNING Version AS NewGrainStateVersion');
