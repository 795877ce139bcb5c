namespace KeeperOracle.Host.Journal;

/// <summary>What about the storage failed. Each is a reason to stop signing; none is a reason to stop answering reads.</summary>
public enum JournalFailure
{
    /// <summary>The directory of the journal is not there; the journal never makes one, so that a typing error shows.</summary>
    DirectoryMissing,

    /// <summary>Opened for reading only, and there is no file.</summary>
    FileMissing,

    /// <summary>Another process writes to this journal.</summary>
    InUse,

    /// <summary>The bytes are damaged or no SQLite database.</summary>
    Corrupt,

    /// <summary>A database, but of something else.</summary>
    NotAJournal,

    /// <summary>Written by a newer version of this program.</summary>
    NewerSchema,

    /// <summary>Opened for reading only, and written by an older version: the writer brings it up when it opens it.</summary>
    OlderSchema,

    /// <summary>No room: the disk is full, or the journal's own limit of pages is reached.</summary>
    Full,

    /// <summary>Another connection held the database longer than the busy limit.</summary>
    Locked,

    /// <summary>The disk refused to read, write or flush: nothing may be assumed about the last commit.</summary>
    InputOutput,

    /// <summary>An earlier failure of this kind cannot be survived in place: the journal must be opened again.</summary>
    Faulted,

    /// <summary>Another process has taken the journal over while this one stood still; it may write no more.</summary>
    Fenced,

    /// <summary>Opened for reading only, or a file the process may not write.</summary>
    ReadOnly,

    /// <summary>Anything else SQLite says.</summary>
    Other,
}

/// <summary>The storage under the journal failed. Whatever was being written is there as a whole or not at all.</summary>
public sealed class JournalException : Exception
{
    public JournalException(JournalFailure kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    public JournalException()
        : this(JournalFailure.Other, "The journal failed.")
    {
    }

    public JournalException(string message)
        : this(JournalFailure.Other, message)
    {
    }

    public JournalException(string message, Exception innerException)
        : this(JournalFailure.Other, message, innerException)
    {
    }

    public JournalFailure Kind { get; }

    /// <summary>Nothing is damaged: the same write may work later. Until then nothing is signed.</summary>
    public bool MayPass => Kind is JournalFailure.Full or JournalFailure.Locked;
}
