using KeeperOracle.Host.Chains;

namespace KeeperOracle.Tests.Host.Chains;

public sealed class SecretFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keeperoracle-secret-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("fd:2", "over 2")]
    [InlineData("fd:x", "over 2")]
    [InlineData("fd:-3", "over 2")]
    [InlineData("credential:", "no name")]
    [InlineData("credential:a/b", "no name")]
    [InlineData("credential:..", "no name")]
    public void Resolve_NoPlaceOfASecret_SaysWhy(string text, string fragment)
    {
        var (path, problem) = SecretFile.Resolve(text, "/");
        Assert.Null(path);
        Assert.Contains(fragment, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_DescriptorOrPath_IsAPath()
    {
        Assert.Equal(("/dev/fd/7", null), SecretFile.Resolve("fd:7", "/"));
        Assert.Equal(("/etc/keeper/password", null), SecretFile.Resolve("password", "/etc/keeper"));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\r\n\n", "empty")]
    public void Read_Nothing_IsRefused(string text, string fragment) =>
        Assert.Contains(fragment, Assert.Throws<IOException>(() => SecretFile.Read(Write(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_TooMuchOrNoUtf8_IsRefusedWithoutQuotingIt()
    {
        Assert.Contains("4096", Assert.Throws<IOException>(() => SecretFile.Read(Write(new string('a', 4097)))).Message, StringComparison.Ordinal);
        var file = Path.Combine(_folder, "binary");
        File.WriteAllBytes(file, [0xff, 0xfe, 0x41]);
        Assert.EndsWith("'binary' is not UTF-8.", Assert.Throws<IOException>(() => SecretFile.Read(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pä ss\r\n", "pä ss")]
    [InlineData(" spaces stay ", " spaces stay ")]
    public void Read_Text_IsGivenWithoutTheLineEnd(string text, string expected) => Assert.Equal(expected, new string(SecretFile.Read(Write(text))));

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, text);
        return file;
    }
}
