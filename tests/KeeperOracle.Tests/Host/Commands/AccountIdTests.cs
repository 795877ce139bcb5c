using CsCheck;
using KeeperOracle.Host.Commands;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Host.Commands;

public sealed class AccountIdTests
{
    private const string Owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private const string Digits = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

    [Theory]
    [InlineData("", "does not begin with 0x")]
    [InlineData(Owner + ":1:2", "more than one colon")]
    [InlineData(Owner + ":", "'' is no account number")]
    [InlineData(Owner + ":-1", "'-1' is no account number")]
    [InlineData(Owner + ": 1", "' 1' is no account number")]
    [InlineData(Owner + ":18446744073709551616", "is no account number")]
    [InlineData(Digits, "has no checksum")]
    [InlineData("0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266:1", "wrong checksum")]
    [InlineData("0xf39Fd6", "6 digits after 0x")]
    [InlineData("0xzzzzd6e51aad88f6f4ce6ab8827279cfffb92266000000000000000000000001", "not hexadecimal")]
    public void Parse_Malformed_SaysWhatIsWrong(string text, string fragment)
    {
        var (account, problem) = AccountId.Parse(text);

        Assert.Contains(fragment, problem, StringComparison.Ordinal);
        Assert.True(account.IsZero);
    }

    [Theory]
    [InlineData(Owner, "000000000000000000000000")]
    [InlineData(Owner + ":0", "000000000000000000000000")]
    [InlineData(Owner + ":258", "000000000000000000000102")]
    [InlineData(Owner + ":18446744073709551615", "00000000ffffffffffffffff")]
    [InlineData(Digits + "000000000000000000000102", "000000000000000000000102")]
    public void Parse_EachWayToWriteIt_GivesTheId(string text, string number) =>
        Assert.Equal((Hash32.FromHex(Digits + number), null), AccountId.Parse(text));

    [Fact]
    public void Format_Random_ParsesBack() => Gen.Select(Gen.Byte.Array[20], Gen.ULong).Sample((owner, number) =>
    {
        var text = AccountId.Format(new Address(owner), number);
        var (account, problem) = AccountId.Parse(text);

        Assert.Null(problem);
        Assert.Equal(text, AccountId.Format(account));
        Assert.Equal(owner, account.ToBytes()[..20]);
    });
}
