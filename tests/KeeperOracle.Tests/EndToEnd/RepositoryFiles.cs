namespace KeeperOracle.Tests.EndToEnd;

/// <summary>Files of the repository that tests read or run, found from the folder the tests run in.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = Find();

    /// <summary>The program itself: the npm wrapper of it always exits with 0.</summary>
    public static string Anvil => Foundry("anvil");

    public static string Cast => Foundry("cast");

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Foundry(string name) => PathOf("node_modules", "@foundry-rs", $"{name}-linux-amd64", "bin", name);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KeeperOracle.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new DirectoryNotFoundException("No folder above the tests holds KeeperOracle.sln.");
    }
}
