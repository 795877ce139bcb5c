using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Tests.Host.Files;

public sealed class ParameterReaderTests : IDisposable
{
    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_Nothing_GivesTheDefaults()
    {
        Assert.Equal(new SpanParameters(), ParameterReader.Read<SpanParameters>(null));
        Assert.Equal(new DerivePm2Parameters().Scenarios, Read<DerivePm2Parameters>("{}").Scenarios);
    }

    [Fact]
    public void Read_Some_KeepsTheOthers()
    {
        Assert.Equal(new SpanParameters() with { RangeDays = 3, FixedRange = 0.2 }, Read<SpanParameters>("{ \"rangeDays\": 3, \"fixedRange\": 0.2 }"));

        var derive = Read<DerivePm2Parameters>(
            """{ "loss": { "initialFactor": 1.1 }, "scenarios": [ { "spotMultiplier": 1.2, "volatility": "UP" }, { "spotMultiplier": 0.8, "volatility": "linearSkew", "damping": 0.5 } ] }""");
        Assert.Equal(new DerivePm2Parameters().Loss with { InitialFactor = 1.1 }, derive.Loss);
        Assert.Equal(new DerivePm2Parameters().Skew, derive.Skew);
        Assert.Equal([new Scenario(1.2, VolatilityMove.Up), new Scenario(0.8, VolatilityMove.LinearSkew, 0.5)], derive.Scenarios);

        var scaled = Read<ScaledParameters>("""{ "steps": [ -1, 0, 1 ], "tails": [ { "move": -0.5, "damping": 0.3 } ], "dailyVolumes": { "ETH": 1e9 } }""");
        Assert.Equal([-1, 0, 1], scaled.Steps);
        Assert.Equal([new ScaledParameters.TailMove(-0.5, 0.3)], scaled.Tails);
        Assert.Equal(1e9, scaled.DailyVolumes["ETH"]);
        Assert.Equal(new ScaledParameters().VolatilityUp, scaled.VolatilityUp);
    }

    [Theory]
    [InlineData("{ \"rangeDay\": 3 }", "UnknownKey", "rangeDay")]
    [InlineData("{ \"steps\": 3 }", "NotAList", "steps")]
    [InlineData("{ \"steps\": [ 1, \"x\" ] }", "NotANumber", "steps[1]")]
    [InlineData("{ \"tails\": [ { \"mov\": 1, \"damping\": 1 } ] }", "UnknownKey", "tails[0].mov")]
    [InlineData("{ \"tails\": [ { \"damping\": 1 } ] }", "MissingKey", "tails[0].move")]
    public void Read_Wrong_NamesTheRefusalAndThePath(string text, string refusal, string path)
    {
        var refused = Assert.Throws<InputFileException>(() => Read<ScaledParameters>(text));

        Assert.Contains(refused.Problems, problem => problem.Refusal == refusal && problem.Path == path);
    }

    private T Read<T>(string text)
        where T : class => JsonInput.Read(_folder.Write("parameters.json", text), root => ParameterReader.Read<T>(root));
}
