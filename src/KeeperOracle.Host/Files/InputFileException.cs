namespace KeeperOracle.Host.Files;

/// <summary>One thing that is wrong with an input file.</summary>
/// <param name="Refusal">its name, for good: a program may depend on it (`ZeroPrice`, `UnknownKey`)</param>
/// <param name="File">as it was named on the command line; `stdin` for `-`</param>
/// <param name="Line">counted from 1, the header included; null where another place or the file as a whole is meant</param>
/// <param name="Path">the place in a JSON file, such as `legs[0].strike`; null in other files and for the file as a whole</param>
/// <param name="Problem">what is wrong there and how to mend it</param>
public sealed record InputProblem(string Refusal, string File, int? Line, string? Path, string Problem)
{
    /// <summary>With file and place, so that it can be read alone.</summary>
    public string Message =>
        Line is not null ? $"{File}, line {Line}: {Problem}"
        : string.IsNullOrEmpty(Path) ? $"{File}: {Problem}"
        : $"{File}, {Path}: {Problem}";
}

/// <summary>A file that a command refuses. Of a history the first problem is given, of a JSON file all of them.</summary>
public sealed class InputFileException(IReadOnlyList<InputProblem> problems)
    : Exception(string.Join(Environment.NewLine, problems.Select(problem => problem.Message)))
{
    public InputFileException(string refusal, string file, int? line, string problem)
        : this([new InputProblem(refusal, file, line, null, problem)])
    {
    }

    /// <summary>At least one.</summary>
    public IReadOnlyList<InputProblem> Problems { get; } = problems;
}
