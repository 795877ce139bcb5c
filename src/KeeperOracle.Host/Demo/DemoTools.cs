using System.Runtime.InteropServices;

namespace KeeperOracle.Host.Demo;

/// <summary>Where the demo finds the checkout and its local chain.</summary>
internal sealed record DemoTools(string Root, string Anvil, string Forge)
{
    /// <summary>The checkout around the given or the working directory; null with what is missing where there is none.</summary>
    /// <param name="who">needs it, at the beginning of a sentence</param>
    public static (DemoTools? Tools, string? Problem) Find(string? root, string who = "The demo")
    {
        var directory = root is null ? UpTo(Environment.CurrentDirectory) ?? UpTo(AppContext.BaseDirectory) : Path.GetFullPath(root);
        if (directory is null || !File.Exists(Path.Combine(directory, "foundry.toml")))
        {
            return (null, $"{who} needs a checkout of KeeperOracle (foundry.toml, contracts, node_modules): run it there, or name it with --root.");
        }

        var platform = $"{(OperatingSystem.IsMacOS() ? "darwin" : "linux")}-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}";
        string Binary(string name) => Path.Combine(directory, "node_modules", "@foundry-rs", $"{name}-{platform}", "bin", name);
        return File.Exists(Binary("anvil")) && File.Exists(Binary("forge"))
            ? (new DemoTools(directory, Binary("anvil"), Binary("forge")), null)
            : (null, $"anvil and forge are not installed in {Path.Combine(directory, "node_modules")}: run scripts/demo, which installs them, or `npm ci --ignore-scripts`.");
    }

    private static string? UpTo(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            if (File.Exists(Path.Combine(current.FullName, "foundry.toml")))
            {
                return current.FullName;
            }
        }

        return null;
    }
}
