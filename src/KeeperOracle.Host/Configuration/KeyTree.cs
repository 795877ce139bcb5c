namespace KeeperOracle.Host.Configuration;

/// <summary>The key table as a tree, for walking a path segment by segment.</summary>
internal sealed class KeyNode(string pattern)
{
    private readonly Dictionary<string, KeyNode> _children = new(StringComparer.OrdinalIgnoreCase);

    internal static KeyNode Root { get; } = Build();

    internal string Pattern => pattern;

    internal ConfigurationKey? Key { get; private set; }

    internal IReadOnlyDictionary<string, KeyNode> Children => _children;

    internal bool IsMap => _children.ContainsKey("*");

    internal bool IsList => _children.ContainsKey("#");

    /// <summary>The last segment, spelled as in the table.</summary>
    internal string Name => pattern[(pattern.LastIndexOf(':') + 1)..];

    internal KeyNode? Find(string segment) => IsMap ? _children["*"] : IsList ? _children["#"] : _children.GetValueOrDefault(segment);

    /// <summary>The key of a path that was walked before.</summary>
    internal static ConfigurationKey KeyAt(string path)
    {
        var node = Root;
        foreach (var segment in path.Split(':'))
        {
            node = node.Find(segment) ?? throw new ArgumentException($"The key table has no {path}.", nameof(path));
        }

        return node.Key ?? throw new ArgumentException($"{path} is no key.", nameof(path));
    }

    private static KeyNode Build()
    {
        var root = new KeyNode("");
        foreach (var key in KeyTable.Keys)
        {
            var node = root;
            foreach (var segment in key.Pattern.Split(':'))
            {
                if (!node._children.TryGetValue(segment, out var child))
                {
                    child = new KeyNode(node.Pattern.Length == 0 ? segment : $"{node.Pattern}:{segment}");
                    node._children.Add(segment, child);
                }

                node = child;
            }

            node.Key = key;
        }

        return root;
    }
}
