using System.IO.Compression;
using System.Text;

namespace KeeperOracle.Host.Files;

/// <summary>
/// The text of an input file: UTF-8, with or without a byte order mark, plain or gzipped (told by its content), from a path or from
/// standard input (`-`). Whatever cannot be read so is refused by name.
/// </summary>
internal static class InputText
{
    public const string StandardInput = "-";

    /// <summary>Unpacked. A small gzip file can hold terabytes of zeros.</summary>
    private const long LargestBytes = 256L << 20;

    private static readonly byte[] Mark = "\0\0whole\0\0"u8.ToArray();

    private static readonly byte[] PackedMark = Pack(Mark);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What messages call the file.</summary>
    public static string NameOf(string file) => file == StandardInput ? "stdin" : file;

    public static string Read(string file)
    {
        if (file.Length == 0)
        {
            throw new InputFileException("FileNotFound", "(no name)", null, "the name is empty: name a file, or - for stdin.");
        }

        try
        {
            using var source = file == StandardInput ? Console.OpenStandardInput() : File.OpenRead(file);
            return Decode(NameOf(file), Unpack(file, ReadAll(NameOf(file), source)));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputFileException("FileNotFound", file, null, "there is no such file.");
        }
        catch (InvalidDataException)
        {
            throw new InputFileException("BrokenGzip", NameOf(file), null, "it is gzipped, and damaged or cut short: fetch it again.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var why = Directory.Exists(file) ? "it is a folder: name a file." : unreadable.Message;
            throw new InputFileException("UnreadableFile", NameOf(file), null, why);
        }
    }

    private static byte[] Unpack(string file, byte[] bytes)
    {
        if (bytes is not [0x1f, 0x8b, ..])
        {
            return !file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? bytes
                : throw new InputFileException(
                    "NotGzip", file, null, "its name ends in .gz, and its content is not gzipped: rename it, or pack it.");
        }

        // The unpacker does not notice where a file was cut short. A mark packed behind it only comes out again behind a whole one.
        using var packed = new GZipStream(new MemoryStream([.. bytes, .. PackedMark]), CompressionMode.Decompress);
        var unpacked = ReadAll(NameOf(file), packed);
        return unpacked.AsSpan().EndsWith(Mark) ? unpacked[..^Mark.Length] : throw new InvalidDataException("it ends too early.");
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.NoCompression))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] ReadAll(string name, Stream stream)
    {
        using var all = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (stream.Read(buffer) is > 0 and var count)
        {
            all.Write(buffer, 0, count);
            if (all.Length > LargestBytes)
            {
                throw new InputFileException(
                    "FileTooLarge", name, null, $"it holds more than {LargestBytes >> 20} MiB: cut it into parts.");
            }
        }

        return all.ToArray();
    }

    private static string Decode(string name, byte[] bytes)
    {
        if (bytes is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
        {
            throw new InputFileException("NotUtf8", name, 1, "it is UTF-16: save it as UTF-8.");
        }

        var text = bytes is [0xef, 0xbb, 0xbf, ..] ? bytes.AsSpan(3) : bytes;
        try
        {
            return Strict.GetString(text);
        }
        catch (DecoderFallbackException invalid)
        {
            var line = 1 + text[..Math.Clamp(invalid.Index, 0, text.Length)].Count((byte)'\n');
            throw new InputFileException("NotUtf8", name, line, "these bytes are no UTF-8 text: save the file as UTF-8.");
        }
    }
}
