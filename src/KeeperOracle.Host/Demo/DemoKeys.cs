using System.Security.Cryptography;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>A key of the demo: made for one run, kept in a keystore like any other.</summary>
internal sealed record DemoKey(string Name, string Role, Address Address, string KeystoreFile, string PasswordFile)
{
    /// <summary>Every secret of a demo and of the tests begins so: a search for it finds one that stands where none may.</summary>
    public const string SecretPrefix = "CANARY-";

    public static DemoKey Create(string name, string role, string directory)
    {
        using var key = PrivateKey.Generate();
        var password = SecretPrefix + RandomNumberGenerator.GetHexString(32, lowercase: true);
        var keystore = Path.Combine(directory, $"{name}.keystore.json");
        var passwordFile = Path.Combine(directory, $"{name}.password");
        WritePrivate(keystore, KeystoreV3.Encrypt(key, password));
        WritePrivate(passwordFile, password);
        return new DemoKey(name, role, key.Address, keystore, passwordFile);
    }

    /// <summary>Readable by its owner only.</summary>
    private static void WritePrivate(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(file, options);
        writer.Write(text);
    }
}
