namespace KeeperOracle.ChaosProxy.Doors;

/// <summary>What happens in the end to the connection that waits for the answer.</summary>
internal enum Ending
{
    Answer,

    /// <summary>Nothing comes, and the connection stays open.</summary>
    Hang,

    /// <summary>The connection is reset.</summary>
    Reset,
}

/// <summary>How the bytes of one answer go over the wire. A batch has one wire for all its calls: the last mark counts.</summary>
internal sealed class Wire
{
    public Ending Ending { get; set; }

    /// <summary>HTTP status. Over WebSocket anything but 200 is a reset.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Seconds, or null for no such header.</summary>
    public int? RetryAfterSeconds { get; set; }

    /// <summary>Text in place of the JSON.</summary>
    public string? Instead { get; set; }

    /// <summary>Spaces before the JSON, which stays valid.</summary>
    public long PaddingBytes { get; set; }

    /// <summary>Only half of the bytes come.</summary>
    public bool IsCut { get; set; }

    /// <summary>Of a cut answer: its length is told as what comes, not as what should have come.</summary>
    public bool CutAgrees { get; set; }
}
