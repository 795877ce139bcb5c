using System.Diagnostics.CodeAnalysis;

namespace KeeperOracle.Host.Configuration;

/// <summary>What the configuration is for: it decides which sections must be there.</summary>
public enum ConfigurationUse
{
    /// <summary>Looking only (`config validate`, `chain list`, …): whatever stands there must be right, nothing must stand there.</summary>
    ReadOnly,

    /// <summary>`run`: chains, signers, a journal, and in mode active a key with role keeper.</summary>
    Keeper,

    /// <summary>`oracle run`: chains, assets and a key with role oracle.</summary>
    Oracle,

    /// <summary>`relay run`: chains, links between them, a journal and a key with role keeper.</summary>
    Relay,
}

/// <summary>One thing that is wrong, where, and what to do. Secrets and the paths of URLs are never in it.</summary>
/// <param name="KeyPath">Full path, for example "KeeperOracle:Quorum:Threshold"; the file's name where the file itself is wrong.</param>
/// <param name="Value">The value as given, masked; null where there is none to show.</param>
/// <param name="Problem">What is wrong, as a clause without a full stop.</param>
/// <param name="Fix">What to do, as a sentence.</param>
public sealed record ConfigurationProblem(string KeyPath, string? Value, string Problem, string Fix)
{
    /// <summary>The line a person reads.</summary>
    public override string ToString() => Value is null ? $"{KeyPath}: {Problem}. {Fix}" : $"{KeyPath} = {Value}: {Problem}. {Fix}";
}

public enum ValueOrigin
{
    Default,
    File,
    Environment,
}

/// <param name="Name">The file's path, the environment variable's name, or "default".</param>
public sealed record ValueSource(ValueOrigin Origin, string Name)
{
    public override string ToString() => Origin switch
    {
        ValueOrigin.Default => "default",
        ValueOrigin.File => $"file {Name}",
        ValueOrigin.Environment => $"environment {Name}",
        _ => throw new ArgumentOutOfRangeException(nameof(Origin), Origin, "No such origin."),
    };
}

/// <summary>One value in force and where it came from, as `config show` prints it: URLs end after the port.</summary>
public sealed record EffectiveValue(string KeyPath, string Value, ValueSource Source);

/// <summary>Options, or everything that is wrong; the values in force in both cases.</summary>
public sealed class ConfigurationResult
{
    internal ConfigurationResult(
        KeeperOracleOptions? options, IReadOnlyList<ConfigurationProblem> problems, IReadOnlyList<EffectiveValue> effectiveValues)
    {
        Options = options;
        Problems = problems;
        EffectiveValues = effectiveValues;
    }

    /// <summary>Null exactly where there are problems.</summary>
    public KeeperOracleOptions? Options { get; }

    public IReadOnlyList<ConfigurationProblem> Problems { get; }

    /// <summary>In the order of the key table; also given for a refused configuration, so that it can be looked at.</summary>
    public IReadOnlyList<EffectiveValue> EffectiveValues { get; }

    [MemberNotNullWhen(true, nameof(Options))]
    public bool IsValid => Options is not null;
}
