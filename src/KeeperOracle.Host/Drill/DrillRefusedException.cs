namespace KeeperOracle.Host.Drill;

/// <summary>A drill that cannot be held, in words that say what to do, and the code that the process ends with. No words where all is said already.</summary>
internal sealed class DrillRefusedException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
