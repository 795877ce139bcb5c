using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Chains;

/// <summary>A key that could not be opened, in words that say what to do.</summary>
public sealed class KeyFileException(string message) : Exception(message);

/// <summary>Opens keys: keystores, and signers in other processes. A password goes from its file into a buffer that is zeroed; it is never a string.</summary>
public static class SignerKeys
{
    /// <summary>The weakest scrypt that a running process accepts; r too, since memory and time are n times r.</summary>
    private static readonly KeystoreCost Least = new(KeystoreKdf.Scrypt, 262_144, 8, 1);

    /// <summary>The key behind its seam. A remote signer is asked once whether it holds the key: RpcException where it does not answer.</summary>
    public static async Task<ISigner> OpenSignerAsync(KeyOptions key, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Remote is not { } remote)
        {
            return new LocalSigner(Open(key));
        }

        var signer = new RemoteSigner(key.Name, remote.Connection, remote.Address, ReadToken(key.Name, remote), deadline: null, time);
        try
        {
            var accounts = await signer.GetAccountsAsync(cancellationToken);
            return accounts.Contains(remote.Address)
                ? signer
                : throw new KeyFileException(
                    $"KeeperOracle:Keys:{key.Name}:Signer: it holds no key of {Eip55.Format(remote.Address)}, only of {string.Join(", ", accounts.Take(8).Select(Eip55.Format))}. " +
                    "Correct Address, or give the signer that key.");
        }
        catch
        {
            signer.Dispose();
            throw;
        }
    }

    public static PrivateKey Open(KeyOptions key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Open($"KeeperOracle:Keys:{key.Name}", key.KeystoreFile, key.PasswordFile);
    }

    /// <param name="path">of the setting, for messages</param>
    /// <param name="keystoreFile">scrypt of the product's strength; weaker is refused</param>
    /// <param name="passwordFile">as <see cref="SecretFile"/> resolved it</param>
    internal static PrivateKey Open(string path, string keystoreFile, string passwordFile)
    {
        char[] password = [];
        try
        {
            var keystore = File.ReadAllText(keystoreFile);
            if (KeystoreV3.ReadCost(keystore) is not { Kdf: KeystoreKdf.Scrypt } cost || cost.N < Least.N || cost.R < Least.R)
            {
                throw new KeyFileException(
                    $"{path}: the keystore '{Path.GetFileName(keystoreFile)}' is weaker than scrypt n = {Least.N}, r = {Least.R}. " +
                    "Import it again with that strength: `keeperoracle key import`.");
            }

            password = SecretFile.Read(passwordFile);
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
    /// The address a key has, without opening it: shadow mode judges by what its signer holds and never needs the key. Zero where no
    /// key is configured or its keystore names none.
    /// </summary>
    public static Address AddressOf(KeyOptions? key)
    {
        if (key is null)
        {
            return Address.Zero;
        }

        if (key.Remote is { } remote)
        {
            return remote.Address;
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

    /// <summary>A header is a string, so this one secret becomes one.</summary>
    private static string? ReadToken(string name, RemoteKeyOptions remote)
    {
        if (remote.TokenFile is not { } file)
        {
            return null;
        }

        try
        {
            return new string(SecretFile.Read(file));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"KeeperOracle:Keys:{name}:TokenFile: {problem.Message}");
        }
    }
}
