using System.Text;
using KeeperOracle.Host.Demo;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Secrets that can be recognised. Every secret of a test begins with <see cref="Prefix"/>, in whatever form; so wherever that stands, as text, as
/// UTF-16, in hexadecimal or in base64, a secret got out. `scripts/search-canaries` searches what a whole run left in the same way.
/// </summary>
internal static class Canaries
{
    public const string Prefix = DemoKey.SecretPrefix;

    /// <summary>What is itself a secret, or a configuration that holds URLs; everything else must be clean.</summary>
    private static readonly string[] SecretFiles = ["*.password", "*.token", "token", "common.json", "keeper.json", "oracle.json", "secrets.json"];

    private static readonly byte[][] Patterns =
    [
        Encoding.UTF8.GetBytes(Prefix),
        Encoding.Unicode.GetBytes(Prefix),
        Encoding.UTF8.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(Prefix))),
        Encoding.UTF8.GetBytes(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Prefix))),
        .. Enumerable.Range(0, 3).Select(Base64),
    ];

    public static bool IsIn(ReadOnlySpan<byte> content)
    {
        foreach (var pattern in Patterns)
        {
            if (content.IndexOf(pattern) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    public static void AssertNone(string text) =>
        Assert.False(IsIn(Encoding.UTF8.GetBytes(text)), $"A secret of the test stands in:\n{text}");

    /// <summary>The files under a folder that hold a secret and may not.</summary>
    public static IReadOnlyList<string> InFolder(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => !IsSecret(Path.GetFileName(file)) && IsIn(Read(file)))];

    /// <summary>A private key that can be recognised: 32 bytes that read as text.</summary>
    public static byte[] PrivateKey(string name) => Encoding.UTF8.GetBytes($"{Prefix}{name}".PadRight(32, '.'))[..32];

    private static bool IsSecret(string name) => SecretFiles.Any(pattern => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name));

    /// <summary>What a socket or a file that is just going holds is nothing.</summary>
    private static byte[] Read(string file)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var buffer = new MemoryStream();
            stream.CopyTo(buffer);
            return buffer.ToArray();
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>The characters that are the same whatever stands around it, where it begins at this place of a group of three bytes.</summary>
    private static byte[] Base64(int before)
    {
        var length = before + Prefix.Length;
        var whole = Convert.ToBase64String([.. new byte[before], .. Encoding.UTF8.GetBytes(Prefix), 0, 0]);
        return Encoding.UTF8.GetBytes(whole[((8 * before) + 5 > 0 ? ((8 * before) + 5) / 6 : 0)..(8 * length / 6)]);
    }
}
