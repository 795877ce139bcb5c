using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

public sealed class KeystoreV3Tests
{
    private const string Secret = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";
    private const string Password = "pä ss—word";
    private const string SmallestSecret = "0x0000000000000000000000000000000000000000000000000000000000000001";
    private const string LargestSecret = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";

    /// <summary>Made once, with the least cost that is accepted: the standard one takes .7 s and 256 MB.</summary>
    private static readonly string Stored = Store();

    [Theory]
    [InlineData("\"scrypt\"", "\"argon2\"", KeystoreFailure.Unsupported)]
    [InlineData("aes-128-ctr", "aes-256-gcm", KeystoreFailure.Unsupported)]
    [InlineData("\"version\": 3", "\"version\": 1", KeystoreFailure.Unsupported)]
    [InlineData("\"n\": 8192", "\"n\": 4096", KeystoreFailure.TooWeak)]
    [InlineData("\"n\": 8192", "\"n\": 8193", KeystoreFailure.Unsupported)]
    [InlineData("\"n\": 8192", "\"n\": 1073741824", KeystoreFailure.Unsupported)]
    [InlineData("\"r\": 8", "\"r\": 2000000000", KeystoreFailure.Unsupported)]
    [InlineData("\"dklen\": 32", "\"dklen\": 64", KeystoreFailure.Unsupported)]
    [InlineData("\"dklen\": 32", "\"dklen\": \"32\"", KeystoreFailure.Malformed)]
    [InlineData("\"mac\"", "\"max\"", KeystoreFailure.Malformed)]
    [InlineData("\"cipherparams\"", "\"cipher\": \"aes-128-ctr\", \"cipherparams\"", KeystoreFailure.Malformed)]
    [InlineData("\"version\": 3\n}", "\"version\": 3", KeystoreFailure.Malformed)]
    [InlineData("3c44cdddb6a900fa2b585dd299e03d12fa4293bc", "0000000000000000000000000000000000000001", KeystoreFailure.AddressMismatch)]
    public void Decrypt_FileThatIsNotRight_SaysWhichWay(string from, string to, KeystoreFailure kind)
    {
        Assert.Contains(from, Stored, StringComparison.Ordinal);
        Assert.Equal(kind, Assert.Throws<KeystoreException>(() => KeystoreV3.Decrypt(Stored.Replace(from, to, StringComparison.Ordinal), Password)).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pä ss—wore")]
    public void Decrypt_OtherPassword_IsWrongPassword(string password) =>
        Assert.Equal(KeystoreFailure.WrongPassword, Assert.Throws<KeystoreException>(() => KeystoreV3.Decrypt(Stored, password)).Kind);

    [Fact]
    public void Encrypt_CostTooSmall_Refuses()
    {
        using var key = PrivateKey.Generate();
        Assert.Equal(KeystoreFailure.TooWeak, Assert.Throws<KeystoreException>(() => KeystoreV3.Encrypt(key, Password, 4096)).Kind);
    }

    [Fact]
    public void Decrypt_OwnFile_GivesTheKeyBack()
    {
        using var key = KeystoreV3.Decrypt(Stored, Password);
        using var original = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        Assert.Equal(original.Address, key.Address);
        Assert.Equal(original.Address, KeystoreV3.ReadAddress(Stored));
        Assert.Equal(new KeystoreCost(KeystoreKdf.Scrypt, 8192, 8, 1), KeystoreV3.ReadCost(Stored));
    }

    [Fact]
    public void Decrypt_FieldNamesInOtherCase_AreRead()
    {
        using var key = KeystoreV3.Decrypt(Stored.Replace("\"crypto\"", "\"Crypto\"", StringComparison.Ordinal).Replace("\"iv\"", "\"IV\"", StringComparison.Ordinal), Password);
        Assert.Equal(KeystoreV3.ReadAddress(Stored), key.Address);
    }

    /// <summary>The PBKDF2 example of the Web3 Secret Storage definition.</summary>
    [Fact]
    public void Decrypt_ExampleOfTheDefinition_GivesItsKey()
    {
        const string Example = """
            {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
            "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
            "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
            """;
        using var key = KeystoreV3.Decrypt(Example, "testpassword");
        using var expected = PrivateKey.FromBytes(Hex.ToBytes("0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"));
        Assert.Equal(expected.Address, key.Address);
    }

    [Fact]
    public async Task Keystore_BetweenUsAndCast_OpensBothWays()
    {
        var folder = Directory.CreateTempSubdirectory("keystore");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "ours"), Stored);
            var said = await Reference.AskCastAsync("wallet", "decrypt-keystore", "ours", "-k", folder.FullName, "--unsafe-password", Password);
            Assert.EndsWith(Secret, said, StringComparison.Ordinal);

            await Reference.AskCastAsync("wallet", "import", "theirs", "-k", folder.FullName, "--private-key", Secret, "--unsafe-password", Password);
            using var key = KeystoreV3.Decrypt(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "theirs")), Password);
            Assert.Equal(KeystoreV3.ReadAddress(Stored), key.Address);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Keys from one to the order of the curve less one, and passwords of any characters, whatever their length in bytes.</summary>
    [Fact]
    public async Task Keystore_RandomKeysAndPasswords_OpensBothWaysWithCast()
    {
        const int Seed = 3;
        var random = new Random(Seed);
        var folder = Directory.CreateTempSubdirectory("keystore");
        try
        {
            for (var i = 0; i < 12; i++)
            {
                var secret = i switch { 0 => SmallestSecret, 1 => LargestSecret, 2 => "0x00" + RandomHex(random, 31), _ => "0x0f" + RandomHex(random, 31) };
                var password = i == 0 ? "x" : Text(random, random.Next(1, 80));
                using var key = PrivateKey.FromBytes(Hex.ToBytes(secret));
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, "ours"), KeystoreV3.Encrypt(key, password, 8192));
                var said = await Reference.AskCastAsync("wallet", "decrypt-keystore", "ours", "-k", folder.FullName, $"--unsafe-password={password}");
                Assert.True(said.EndsWith(secret, StringComparison.Ordinal), $"seed {Seed}, case {i}");

                await Reference.AskCastAsync("wallet", "import", $"theirs{i}", "-k", folder.FullName, "--private-key", secret, $"--unsafe-password={password}");
                using var back = KeystoreV3.Decrypt(await File.ReadAllTextAsync(Path.Combine(folder.FullName, $"theirs{i}")), password);
                Assert.True(key.Address == back.Address, $"seed {Seed}, case {i}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string RandomHex(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static string Text(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => "aZ7é€漢😀\"\\ '$-".EnumerateRunes().ElementAt(random.Next(13)).ToString()));

    private static string Store()
    {
        using var key = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        return KeystoreV3.Encrypt(key, Password, 8192).ReplaceLineEndings("\n");
    }
}
