namespace KeeperOracle.Host.Files;

/// <summary>
/// A file that a command refuses: a stable name (`ZeroPrice`, `Gap`), the file and line where it was found, what is wrong there and how to
/// mend it. The message holds file and line too, so that it can be read alone.
/// </summary>
public sealed class InputFileException(string refusal, string file, int? line, string problem)
    : Exception(line is null ? $"{file}: {problem}" : $"{file}, line {line}: {problem}")
{
    /// <summary>The name of the refusal, for good: a program may depend on it.</summary>
    public string Refusal { get; } = refusal;

    /// <summary>As it was named on the command line; `stdin` for `-`.</summary>
    public string File { get; } = file;

    /// <summary>Counted from 1, the header included; null where the file as a whole is meant.</summary>
    public int? Line { get; } = line;
}
