using KeeperOracle.Host.Files;

namespace KeeperOracle.Tests.Host.Files;

public sealed class ForecastFileTests : IDisposable
{
    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("return,es\n.01,.02\n", "MissingColumn", 1)]
    [InlineData("var,es\n.01,.02\n", "MissingColumn", 1)]
    [InlineData("return,var\n.01,-.02\n", "VarNotPositive", 2)]
    [InlineData("return,var\n.01,0\n", "VarNotPositive", 2)]
    [InlineData("return,var,es\n.01,.02,.03\n.01,.02,.01\n", "ShortfallUnderVar", 3)]
    [InlineData("return,var\n.01,nan\n", "NotANumber", 2)]
    [InlineData("hit\n0\n2\n", "NotAHit", 3)]
    [InlineData("hit\nyes\n", "NotANumber", 2)]
    [InlineData("timestamp,hit\n2026-01-02,1\n2026-01-01,0\n", "WrongOrder", 3)]
    [InlineData("hit\n", "EmptyFile", null)]
    public void Read_Malformed_NamesTheRefusalAndTheLine(string text, string refusal, int? line)
    {
        var refused = Assert.Throws<InputFileException>(() => ForecastFile.Read(_folder.Write("forecasts.csv", text)));

        Assert.Equal((refusal, line), (refused.Problems[0].Refusal, refused.Problems[0].Line));
    }

    [Theory]
    [InlineData("return,var,es\n-.03,.02,.03\n-.02,.02,.03\n.05,.02,.03\n")]
    [InlineData("loss_pct,var_pct,es_pct\n3,2,3\n2,2,3\n-5,2,3\n")]
    [InlineData("timestamp,return_pct,var,es\n2026-01-01,-3,.02,.03\n2026-01-02,-2,.02,.03\n2026-01-03,5,.02,.03\n")]
    public void Read_Forecasts_ExceptionsAreLossesStrictlyOverTheVar(string text)
    {
        var sample = ForecastFile.Read(_folder.Write("forecasts.csv", text));

        Assert.Equal([true, false, false], sample.Exceptions);
        Assert.Equal([0.03, 0.02, -0.05], sample.Losses!);
        Assert.True(sample.HasShortfall);
        Assert.All(sample.Forecasts!, forecast => Assert.Equal((0.02, 0.03), (forecast.Var, forecast.Es)));
    }

    [Fact]
    public void Read_HitsOrNoEs_HasNoShortfall()
    {
        Assert.Equal([false, true], ForecastFile.Read(_folder.Write("hits.csv", "exception\n0\n1\n")).Exceptions);
        Assert.False(ForecastFile.Read(_folder.Write("var.csv", "return,var\n-.03,.02\n")).HasShortfall);
    }
}
