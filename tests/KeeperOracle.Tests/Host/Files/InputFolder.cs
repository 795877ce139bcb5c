using System.IO.Compression;
using System.Text;

namespace KeeperOracle.Tests.Host.Files;

/// <summary>A folder of input files for one test.</summary>
internal sealed class InputFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keeperoracle-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public string PathOf(string name) => Path.Combine(_folder, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    public static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
