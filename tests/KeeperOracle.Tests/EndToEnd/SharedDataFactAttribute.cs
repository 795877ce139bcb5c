namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// A test that needs a file of the data folder which lies beside the repository (../shared, or where KEEPERORACLE_SHARED says). Where the
/// file is missing the test is skipped by name with the reason; in CI it runs all the same, and fails.
/// </summary>
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute(params string[] parts)
    {
        var file = PathOf(parts);
        if (!File.Exists(file) && !string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Skip = $"{string.Join('/', parts)} is not in the shared data folder ({Folder}): set KEEPERORACLE_SHARED to where it is.";
        }
    }

    private static string Folder =>
        Environment.GetEnvironmentVariable("KEEPERORACLE_SHARED") is { Length: > 0 } given ? given : RepositoryFiles.PathOf("..", "shared");

    public static string PathOf(params string[] parts) => Path.GetFullPath(Path.Combine([Folder, .. parts]));
}
