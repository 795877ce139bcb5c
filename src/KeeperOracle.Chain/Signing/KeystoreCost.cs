namespace KeeperOracle.Chain.Signing;

public enum KeystoreKdf
{
    Scrypt,
    Pbkdf2,
}

public enum KeystoreFailure
{
    /// <summary>Not a keystore, or one with parts missing.</summary>
    Malformed,

    /// <summary>Another version, cipher or key derivation than is read here.</summary>
    Unsupported,

    /// <summary>The key derivation costs an attacker too little.</summary>
    TooWeak,

    WrongPassword,

    /// <summary>The file names one address and holds the key of another.</summary>
    AddressMismatch,
}

/// <summary>Why a keystore gave no key.</summary>
public sealed class KeystoreException(KeystoreFailure kind, string message) : Exception(message)
{
    public KeystoreFailure Kind { get; } = kind;
}

/// <summary>What one guess of the password costs. <c>N</c>: scrypt's cost, or PBKDF2's iterations; <c>R</c> and <c>P</c> of scrypt only.</summary>
public readonly record struct KeystoreCost(KeystoreKdf Kdf, int N, int R, int P)
{
    /// <summary>The weakest that is imported: what cast writes.</summary>
    public const int LeastN = 8192;

    private const int MostIterations = 10_000_000;
    private const long MostMemoryBytes = 1L << 30;

    /// <summary>Throws <see cref="KeystoreException"/>: too weak to accept, or so large that a file could exhaust this process.</summary>
    public void Check()
    {
        if (N < LeastN)
        {
            throw new KeystoreException(KeystoreFailure.TooWeak, $"The key derivation has n = {N}, and less than {LeastN} is not accepted.");
        }

        if (Kdf == KeystoreKdf.Pbkdf2)
        {
            if (N > MostIterations)
            {
                throw new KeystoreException(KeystoreFailure.Unsupported, $"{N} iterations of PBKDF2 are more than {MostIterations}.");
            }

            return;
        }

        if (!int.IsPow2(N) || R is < 1 or > 64 || P is < 1 or > 16 || 128L * R * N > MostMemoryBytes)
        {
            throw new KeystoreException(KeystoreFailure.Unsupported, $"scrypt with n = {N}, r = {R}, p = {P} is not supported.");
        }
    }
}
