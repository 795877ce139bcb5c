using KeeperOracle.Host.OracleNode;
using KeeperOracle.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>An oracle node that offers over HTTP whatever the test gives it.</summary>
internal sealed class OfferingNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private OfferingNode(WebApplication app, string name) => (_app, Name) = (app, name);

    public string Name { get; }

    public Uri Url => new(_app.Urls.Single());

    public OfferedObservation? Offer { get; set; }

    public static async Task<OfferingNode> StartAsync(string name, OfferedObservation? offer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var node = new OfferingNode(builder.Build(), name) { Offer = offer };
        OracleHost.Map(node._app, node.Find);
        await node._app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private OfferedObservation? Find(ChainId chain) => Offer;
}
