using System.Reflection;

namespace KeeperOracle.Host.Configuration;

/// <param name="Path">Under the section, spelled as in the key table.</param>
internal sealed record Setting(string Path, string Value, KeyNode Node, ValueSource Source);

/// <summary>
/// Lays defaults, files and environment on each other, keeping where each value came from. A later file that gives a list replaces the
/// whole list (three nodes over five are three, not a mixture); an environment variable replaces or adds one element.
/// </summary>
internal sealed class SettingLayers(ProblemList problems)
{
    private const int MaximumFileBytes = 1024 * 1024;

    private static readonly string EnvironmentPrefix = KeyTable.Section + "__";

    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _named = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The values in force, by path.</summary>
    internal IReadOnlyDictionary<string, Setting> Settings => _settings;

    /// <summary>The defaults, by pattern.</summary>
    internal static IReadOnlyDictionary<string, string> Defaults { get; } = ReadDefaults();

    /// <summary>The names or positions given under a map or list, in their order.</summary>
    internal IReadOnlyList<string> EntriesOf(string path)
    {
        var prefix = path + ":";
        return [.. _named.Concat(_settings.Keys)
            .Where(key => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(key => key[prefix.Length..].Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .OrderBy(name => name.Length)
            .ThenBy(name => name, StringComparer.OrdinalIgnoreCase)];
    }

    internal void AddFile(string file)
    {
        var full = Path.GetFullPath(file);
        if (ReadFile(file, full) is not { } pairs)
        {
            return;
        }

        var source = new ValueSource(ValueOrigin.File, full);
        var layer = Resolve(pairs, source);
        var lists = layer.Select(entry => ListAbove(entry.Path, entry.Node)).OfType<string>();
        foreach (var list in lists.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            Forget(list);
        }

        layer.ForEach(Put);
    }

    internal void AddEnvironment(IDictionary<string, string> environment)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var path = name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal);
            if (!seen.TryAdd(path, name))
            {
                var known = KeyCheck.Walk(path, value, problems)?.Path ?? path;
                problems.Add(known, null, $"the environment gives it twice, as {seen[path]} and as {name}", "Keep one of the two.");
                continue;
            }

            Resolve([new(path, value)], new ValueSource(ValueOrigin.Environment, name)).ForEach(Put);
        }
    }

    /// <summary>Fills in defaults where nothing was given; those of a map go to each of its entries.</summary>
    internal void AddDefaults()
    {
        foreach (var (pattern, value) in Defaults)
        {
            var star = pattern.IndexOf(":*", StringComparison.Ordinal);
            var paths = star < 0 ? [pattern] : EntriesOf(pattern[..star]).Select(name => $"{pattern[..star]}:{name}{pattern[(star + 2)..]}").ToList();
            foreach (var path in paths.Where(path => !_settings.ContainsKey(path)))
            {
                Resolve([new(path, value)], new ValueSource(ValueOrigin.Default, "default")).ForEach(Put);
            }
        }
    }

    private List<Setting> Resolve(IEnumerable<KeyValuePair<string, string?>> pairs, ValueSource source)
    {
        var layer = new List<Setting>();
        foreach (var (path, value) in pairs)
        {
            if (KeyCheck.Walk(path, value, problems) is not { } found)
            {
                continue;
            }

            if (value is null && found.Node.Key is not null)
            {
                problems.Add(found.Path, "null", "null is no value", "Give it a value, or take the key out to have its default.");
                continue;
            }

            layer.Add(new Setting(found.Path, value ?? "", found.Node, source));
        }

        return layer;
    }

    private void Put(Setting setting)
    {
        // A list or section without contents counts as named, not as a value.
        if (setting.Node.Key is null)
        {
            _named.Add(setting.Path);
        }
        else
        {
            _settings[setting.Path] = setting;
        }
    }

    /// <summary>The list this path stands in, or is.</summary>
    private static string? ListAbove(string path, KeyNode node)
    {
        var pattern = node.IsList ? node.Pattern.Split(':').Length : Array.IndexOf(node.Pattern.Split(':'), "#");
        return pattern < 0 ? null : string.Join(':', path.Split(':').Take(pattern));
    }

    private void Forget(string list)
    {
        var prefix = list + ":";
        foreach (var path in _settings.Keys.Where(key => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            _settings.Remove(path);
        }

        _named.RemoveWhere(path => path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }

    private List<KeyValuePair<string, string?>>? ReadFile(string file, string full)
    {
        try
        {
            var info = new FileInfo(full);
            if (info.Exists && info.Length > MaximumFileBytes)
            {
                problems.AddOnce(new ConfigurationProblem(file, null, $"the file is larger than {MaximumFileBytes} bytes", "Name a configuration file."));
                return null;
            }

            using var stream = info.OpenRead();
            return SectionOf(file, Flatten(stream));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.AddOnce(new ConfigurationProblem(file, null, "the file cannot be read", "Check the path given with --config and its permissions."));
        }
        catch (Exception failure) when (failure is FormatException or InvalidDataException or System.Text.Json.JsonException)
        {
            // The parser's message gives the place; it quotes no values.
            var where = (failure.InnerException ?? failure).Message;
            problems.AddOnce(new ConfigurationProblem(
                file, null, $"the file is no valid JSON ({where.TrimEnd('.')})", "Mend it there; comments and trailing commas are allowed."));
        }

        return null;
    }

    /// <summary>What stands under "KeeperOracle"; anything else at the top but "$schema" is a mistake that would silently do nothing.</summary>
    private List<KeyValuePair<string, string?>> SectionOf(string file, List<KeyValuePair<string, string?>> pairs)
    {
        var inside = new List<KeyValuePair<string, string?>>();
        foreach (var (path, value) in pairs)
        {
            var top = path.Split(':')[0];
            if (string.Equals(top, KeyTable.Section, StringComparison.OrdinalIgnoreCase))
            {
                if (path.Length > top.Length)
                {
                    inside.Add(new(path[(top.Length + 1)..], value));
                }
            }
            else if (top != "$schema")
            {
                problems.AddOnce(new ConfigurationProblem(
                    top, null, $"there is no such section (in {file})", $"Did you mean \"{KeyTable.Section}\"? Everything stands under it."));
            }
        }

        return inside;
    }

    /// <summary>Leaves and empty sections of a JSON text, in its order.</summary>
    private static List<KeyValuePair<string, string?>> Flatten(Stream json)
    {
        var pairs = new ConfigurationBuilder().AddJsonStream(json).Build().AsEnumerable().ToList();
        var parents = pairs.Select(pair => pair.Key.LastIndexOf(':') is var colon and > 0 ? pair.Key[..colon] : "")
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. pairs.Where(pair => !parents.Contains(pair.Key)).OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)];
    }

    private static Dictionary<string, string> ReadDefaults()
    {
        const string Resource = "KeeperOracle.Host.Configuration.defaults.jsonc";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The executable was built without {Resource}.");
        using var text = new MemoryStream();
        stream.CopyTo(text);
        text.Position = 0;
        var defaults = Flatten(text).Where(pair => pair.Value is not null).ToDictionary(
            pair => pair.Key[(KeyTable.Section.Length + 1)..], pair => pair.Value!, StringComparer.OrdinalIgnoreCase);
        return defaults.Keys.FirstOrDefault(pattern => KeyTable.Keys.All(key => key.Pattern != pattern)) is { } stray
            ? throw new InvalidOperationException($"defaults.jsonc has a key {stray} that the key table does not know.")
            : defaults;
    }
}
