using System.Collections;

namespace KeeperOracle.Host.Configuration;

/// <summary>
/// From files and environment to options, or to everything that is wrong.
///
/// <para>LAYERS, later wins: defaults.jsonc inside the program; each file of <c>-c</c> in its order; environment variables such as
/// <c>KeeperOracle__Chains__31337__Rpc__0__Url</c>. Everything stands in one section, "KeeperOracle"; beside it a file may hold only
/// "$schema". A later file that gives a list replaces the whole list; an environment variable sets one element. Keys are found in any
/// case. Comments and trailing commas are allowed. Paths count from the directory of the file that names them, those from the environment
/// from the working directory.</para>
///
/// <para>STRICT. A key the table does not know is refused with the nearest known one, a value out of range with its range, an address
/// without its EIP-55 checksum with the right spelling, a secret with the key that names its file. All of it is reported at once.
/// A refused value is shown masked; the value of an unknown key is not shown at all, since it may be a secret.</para>
///
/// <para>STEPS. <see cref="SettingLayers"/> lays the layers, <see cref="KeyCheck"/> walks each path along <see cref="KeyTable"/>,
/// <see cref="OptionsBinder"/> reads values through <see cref="ValueReader"/>, and the rules judge values together:
/// <see cref="ChainRules"/>, <see cref="QuorumRules"/>, <see cref="RoleRules"/>, <see cref="CrossChainRules"/>. Nothing is connected to and nothing is written.</para>
///
/// <para>LIMITS. A file of 1 MiB; the sizes in <see cref="KeyTable.Sizes"/>; 16 files.</para>
/// </summary>
public static class ConfigurationLoader
{
    public const int MaximumFiles = 16;

    /// <summary>Loads for a use, which decides what must be there. A null environment is an empty one.</summary>
    public static ConfigurationResult Load(
        IReadOnlyList<string> files, IDictionary<string, string>? environment, ConfigurationUse use = ConfigurationUse.ReadOnly)
    {
        ArgumentNullException.ThrowIfNull(files);
        var problems = new ProblemList();
        if (files.Count > MaximumFiles)
        {
            problems.AddOnce(new ConfigurationProblem("--config", null, $"{files.Count} files are too many", $"Name at most {MaximumFiles}."));
        }

        var layers = new SettingLayers(problems);
        foreach (var file in files.Take(MaximumFiles))
        {
            layers.AddFile(file);
        }

        layers.AddEnvironment(environment ?? new Dictionary<string, string>());
        layers.AddDefaults();
        var options = new OptionsBinder(layers, problems).Bind();
        ChainRules.Judge(options, use, problems);
        QuorumRules.Judge(options, use, problems);
        RoleRules.Judge(options, use, problems);
        CrossChainRules.Judge(options, use, problems);
        return new ConfigurationResult(problems.Problems.Count == 0 ? options : null, problems.Problems, Effective(layers));
    }

    /// <summary>The environment of this process, as <see cref="Load"/> takes it.</summary>
    public static IDictionary<string, string> ProcessEnvironment() => Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => entry.Value as string ?? "", StringComparer.Ordinal);

    /// <summary>In the order of the key table, entries of a map or list together.</summary>
    private static List<EffectiveValue> Effective(SettingLayers layers)
    {
        var patterns = KeyTable.Keys.Select(key => key.Pattern).ToList();
        return [.. layers.Settings.Values
            .OrderBy(setting => patterns.FindIndex(pattern => Container(pattern) == Container(setting.Node.Pattern)))
            .ThenBy(setting => EntryOf(setting), StringComparer.OrdinalIgnoreCase)
            .ThenBy(setting => patterns.IndexOf(setting.Node.Pattern))
            .ThenBy(setting => setting.Path.Length)
            .ThenBy(setting => setting.Path, StringComparer.OrdinalIgnoreCase)
            .Select(setting => new EffectiveValue(
                ProblemList.Full(setting.Path), Masking.Value(setting.Node.Key!.Kind, setting.Value), setting.Source))];
    }

    /// <summary>"Chains:" of "Chains:*:Rpc:#:Url"; the whole pattern where it has no map.</summary>
    private static string Container(string pattern) => pattern.Split('*')[0];

    private static string EntryOf(Setting setting)
    {
        var star = Array.IndexOf(setting.Node.Pattern.Split(':'), "*");
        return star < 0 ? "" : setting.Path.Split(':')[star];
    }
}
