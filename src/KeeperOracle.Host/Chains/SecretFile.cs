using System.Security.Cryptography;
using System.Text;

namespace KeeperOracle.Host.Chains;

/// <summary>
/// Where a password or token comes from: a file, "fd:N" for an inherited file descriptor (a pipe that is read once), or
/// "credential:NAME" for a credential of systemd. Never an environment variable, which every child and every crash report inherits.
/// </summary>
internal static class SecretFile
{
    public const string Forms = "the path of a file, fd:N for an open file descriptor, or credential:NAME for a systemd credential";

    private const int LongestBytes = 4096;
    private const string Descriptor = "fd:";
    private const string Credential = "credential:";

    /// <summary>The path that a form stands for, or what is wrong with it.</summary>
    public static (string? Path, string? Problem) Resolve(string text, string directory)
    {
        if (text.StartsWith(Descriptor, StringComparison.Ordinal))
        {
            return ushort.TryParse(text.AsSpan(Descriptor.Length), out var number) && number > 2
                ? ($"/dev/fd/{number}", null)
                : (null, "a file descriptor of ours is a number over 2");
        }

        if (!text.StartsWith(Credential, StringComparison.Ordinal))
        {
            return (Path.GetFullPath(text, directory), null);
        }

        var name = text[Credential.Length..];
        return name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || name[0] == '.' ? (null, "this is no name of a credential")
            : Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } credentials ? (Path.Combine(credentials, name), null)
            : (null, "systemd gave this process no credentials (no CREDENTIALS_DIRECTORY)");
    }

    /// <summary>
    /// The text without the line end that an editor leaves, in a pinned buffer that the caller clears. Throws <see cref="IOException"/> where there is none,
    /// too much, or no UTF-8.
    /// </summary>
    public static char[] Read(string path)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(LongestBytes + 1, pinned: true);
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Share = FileShare.Read });
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > LongestBytes)
            {
                throw new IOException($"The secret '{Path.GetFileName(path)}' has more than {LongestBytes} bytes.");
            }

            while (length > 0 && bytes[length - 1] is (byte)'\n' or (byte)'\r')
            {
                length--;
            }

            if (length == 0)
            {
                throw new IOException($"The secret '{Path.GetFileName(path)}' is empty; a file descriptor can be read once only.");
            }

            var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
            var text = GC.AllocateUninitializedArray<char>(strict.GetCharCount(bytes, 0, length), pinned: true);
            strict.GetChars(bytes, 0, length, text, 0);
            return text;
        }
        catch (DecoderFallbackException)
        {
            // The exception of the decoder quotes the bytes.
            throw new IOException($"The secret '{Path.GetFileName(path)}' is not UTF-8.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
