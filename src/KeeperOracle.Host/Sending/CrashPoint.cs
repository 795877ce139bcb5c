using System.Diagnostics;

namespace KeeperOracle.Host.Sending;

/// <summary>
/// The places at which a dying process leaves something half done. Whoever tests this kills the process, or throws, when the
/// place is reached; in use nobody listens.
/// </summary>
public enum CrashPoint
{
    BeforeSigning,
    Signed,
    Recorded,
    Broadcast,
    Marked,
    BeforeReplacing,
    ReplacementSigned,
    ReplacementRecorded,
    ReplacementBroadcast,
    ResendBroadcast,
    BeforeSettling,
    Settled,
    Reopened,
    Concluded,
    Told,

    /// <summary>Decisions are in the log, and nothing of what they ask for is under way.</summary>
    Decided,
}

/// <summary>
/// Tells a listener inside the process, if there is one, of each point that is passed: the event has the point's name. The crash campaign puts a
/// listener there from outside, by a start-up hook of .NET; the product has none.
/// </summary>
public static class CrashPoints
{
    public const string ListenerName = "KeeperOracle.CrashPoints";

    private static readonly DiagnosticListener Listener = new(ListenerName);

    public static void Pass(CrashPoint point)
    {
        if (Listener.IsEnabled())
        {
            Listener.Write(point.ToString(), null);
        }
    }
}
