using System.Buffers;
using System.Text;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Chains;

/// <summary>A key file that could not be opened, in words that say what to do.</summary>
public sealed class KeyFileException(string message) : Exception(message);

/// <summary>Opens keystores. The password goes from its file into a buffer that is zeroed; it is never a string.</summary>
public static class SignerKeys
{
    /// <summary>The weakest scrypt that a running keeper accepts.</summary>
    private const int LeastScrypt = 262_144;

    public static PrivateKey Open(KeyOptions key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var path = $"KeeperOracle:Keys:{key.Name}";
        char[] password = [];
        try
        {
            password = ReadPassword(key.PasswordFile);
            var keystore = File.ReadAllText(key.KeystoreFile);
            if (KeystoreV3.ReadCost(keystore) is not { Kdf: KeystoreKdf.Scrypt, N: >= LeastScrypt })
            {
                throw new KeyFileException(
                    $"{path}: the keystore '{Path.GetFileName(key.KeystoreFile)}' is weaker than scrypt n = {LeastScrypt}. Import it again with that strength.");
            }

            return KeystoreV3.Decrypt(keystore, password);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or KeystoreException)
        {
            throw new KeyFileException($"{path}: {problem.Message}");
        }
        finally
        {
            password.AsSpan().Clear();
        }
    }

    /// <summary>
    /// The address a keystore names, without opening it: shadow mode judges by what its signer holds and never needs the key. Zero where no
    /// key is configured or its keystore names none.
    /// </summary>
    public static Address AddressOf(KeyOptions? key)
    {
        if (key is null)
        {
            return Address.Zero;
        }

        try
        {
            return KeystoreV3.ReadAddress(File.ReadAllText(key.KeystoreFile)) ?? Address.Zero;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or KeystoreException)
        {
            throw new KeyFileException($"KeeperOracle:Keys:{key.Name}: {problem.Message}");
        }
    }

    private static char[] ReadPassword(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var chars = ArrayPool<char>.Shared.Rent(bytes.Length);
        try
        {
            var length = Encoding.UTF8.GetChars(bytes, chars);
            while (length > 0 && chars[length - 1] is '\n' or '\r')
            {
                length--; // the line end that an editor leaves is not part of the password
            }

            return chars[..length];
        }
        finally
        {
            Array.Clear(bytes);
            Array.Clear(chars);
            ArrayPool<char>.Shared.Return(chars);
        }
    }
}
