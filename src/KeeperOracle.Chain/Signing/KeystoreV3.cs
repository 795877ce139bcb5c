using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using KeeperOracle.Primitives;
using Org.BouncyCastle.Crypto.Generators;

namespace KeeperOracle.Chain.Signing;

/// <summary>
/// Keys at rest in the Web3 Secret Storage format, version 3, as geth and cast write it. Written: scrypt (r 8, p 1), AES-128-CTR,
/// MAC = Keccak-256(second half of the derived key || ciphertext). Read: scrypt and PBKDF2 with HMAC-SHA-256.
/// </summary>
public static class KeystoreV3
{
    /// <summary>What a key of the product is stored with: .7 s and 256 MB for one guess of the password.</summary>
    public const int StandardN = 262144;

    private const int BlockSize = 8;
    private const int DerivedLength = 32;

    /// <summary>The key encrypted, as JSON text. <paramref name="n"/> is scrypt's cost: a power of two from 8192.</summary>
    public static string Encrypt(PrivateKey key, ReadOnlySpan<char> password, int n = StandardN)
    {
        ArgumentNullException.ThrowIfNull(key);
        var salt = RandomNumberGenerator.GetBytes(32);
        var cost = new KeystoreCost(KeystoreKdf.Scrypt, n, BlockSize, 1);
        cost.Check();
        var derived = Derive(password, cost, salt);
        var secret = Pinned(32);
        try
        {
            key.CopySecretTo(secret);
            var iv = RandomNumberGenerator.GetBytes(16);
            var cipherText = ApplyCounterMode(derived.AsSpan(0, 16), iv, secret);
            return KeystoreJson.Write(new KeystoreFile(key.Address, cost, salt, iv, cipherText, Mac(derived, cipherText)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>The key; the caller disposes of it. Throws <see cref="KeystoreException"/> with what is wrong.</summary>
    public static PrivateKey Decrypt(string json, ReadOnlySpan<char> password)
    {
        var file = KeystoreJson.Read(json);
        file.Cost.Check();
        var derived = Derive(password, file.Cost, file.Salt);
        byte[] secret = [];
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(Mac(derived, file.CipherText), file.Mac))
            {
                throw new KeystoreException(KeystoreFailure.WrongPassword, "The password is wrong, or the keystore was changed.");
            }

            secret = ApplyCounterMode(derived.AsSpan(0, 16), file.Iv, file.CipherText);
            return FromSecret(secret, file.Address);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>How hard the password is to guess, without the password; so that a caller can refuse what is too easy for it.</summary>
    public static KeystoreCost ReadCost(string json) => KeystoreJson.Read(json).Cost;

    /// <summary>The address the file names; null where it names none. Not checked against the key before decryption.</summary>
    public static Address? ReadAddress(string json) => KeystoreJson.Read(json).Address;

    private static PrivateKey FromSecret(byte[] secret, Address? named)
    {
        PrivateKey key;
        try
        {
            key = PrivateKey.FromBytes(secret);
        }
        catch (FormatException problem)
        {
            throw new KeystoreException(KeystoreFailure.Malformed, problem.Message);
        }

        if (named is { } address && address != key.Address)
        {
            key.Dispose();
            throw new KeystoreException(
                KeystoreFailure.AddressMismatch,
                $"The keystore names {Eip55.Format(address)} and holds the key of {Eip55.Format(key.Address)}.");
        }

        return key;
    }

    private static byte[] Derive(ReadOnlySpan<char> password, KeystoreCost cost, byte[] salt)
    {
        var bytes = Pinned(Encoding.UTF8.GetByteCount(password));
        try
        {
            Encoding.UTF8.GetBytes(password, bytes);
            return cost.Kdf == KeystoreKdf.Scrypt
                ? SCrypt.Generate(bytes, salt, cost.N, cost.R, cost.P, DerivedLength)
                : Rfc2898DeriveBytes.Pbkdf2(bytes, salt, cost.N, HashAlgorithmName.SHA256, DerivedLength);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>A buffer that the garbage collector does not move, so that zeroing it leaves no copy behind.</summary>
    private static byte[] Pinned(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);

    private static byte[] Mac(byte[] derived, byte[] cipherText)
    {
        var input = new byte[16 + cipherText.Length];
        derived.AsSpan(16, 16).CopyTo(input);
        cipherText.CopyTo(input, 16);
        var mac = Keccak.Hash(input).ToBytes();
        CryptographicOperations.ZeroMemory(input);
        return mac;
    }

    /// <summary>AES-128 in counter mode, which .NET does not have: the encrypted counter, over and over, xored to the data.</summary>
    private static byte[] ApplyCounterMode(ReadOnlySpan<byte> key, byte[] iv, byte[] data)
    {
        using var aes = Aes.Create();
        aes.SetKey(key);
        var counter = BinaryPrimitives.ReadUInt128BigEndian(iv);
        var result = Pinned(data.Length);
        Span<byte> block = stackalloc byte[16];
        Span<byte> pad = stackalloc byte[16];
        for (var i = 0; i < data.Length; i++)
        {
            if (i % 16 == 0)
            {
                BinaryPrimitives.WriteUInt128BigEndian(block, counter);
                aes.EncryptEcb(block, pad, PaddingMode.None);
                counter = unchecked(counter + 1);
            }

            result[i] = (byte)(data[i] ^ pad[i % 16]);
        }

        CryptographicOperations.ZeroMemory(pad);
        return result;
    }
}
