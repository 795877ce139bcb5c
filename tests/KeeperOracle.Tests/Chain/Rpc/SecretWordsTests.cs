using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Tests.Chain.Rpc;

public sealed class SecretWordsTests
{
    private static readonly SecretWords Words = new(new Uri("https://node.example:8443/v2/abc%2Fdef0123456?apikey=QUERY0123456&mode=x"), "TOKEN0123456");

    [Theory]
    [InlineData("key abc%2Fdef0123456 is over its quota", "key (hidden) is over its quota")]
    [InlineData("key abc/def0123456 is over its quota", "key (hidden) is over its quota")]
    [InlineData("KEY ABC%2FDEF0123456", "KEY (hidden)")]
    [InlineData("GET https://node.example:8443/v2/abc%2Fdef0123456?apikey=QUERY0123456&mode=x failed", "GET (hidden) failed")]
    [InlineData("no path /v2/abc%2Fdef0123456?apikey=QUERY0123456&mode=x here", "no path (hidden) here")]
    [InlineData("apikey=QUERY0123456", "apikey=(hidden)")]
    [InlineData("Bearer TOKEN0123456 is unknown", "Bearer (hidden) is unknown")]
    [InlineData("TOKEN0123456TOKEN0123456", "(hidden)(hidden)")]
    public void Hide_NodeRepeatsWhatItWasTold_LeavesItOut(string said, string shown) => Assert.Equal(shown, Words.Hide(said));

    [Theory]
    [InlineData("mode x of v2 is not supported")]
    [InlineData("header not found")]
    [InlineData("https://other.example/v2/xyz")]
    [InlineData("")]
    public void Hide_OtherWords_Stay(string said) => Assert.Equal(said, Words.Hide(said));

    [Fact]
    public void Hide_UrlWithoutSecrets_HidesNothing()
    {
        const string Said = "http://127.0.0.1:8545/ and http://127.0.0.1:8545";
        Assert.Equal(Said, new SecretWords(new Uri("http://127.0.0.1:8545")).Hide(Said));
    }

    [Fact]
    public void Hide_UserOfTheUrl_IsLeftOut() =>
        Assert.Equal("(hidden) and (hidden)", new SecretWords(new Uri("http://username0:password0@127.0.0.1/")).Hide("username0 and password0"));
}
