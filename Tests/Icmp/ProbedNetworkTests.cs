using Xunit;

namespace HmsOrleans.Tests.Icmp;

public sealed class ProbedNetworkTests
{
    [Theory]
    [InlineData("net:[2]", "net:[1]", true)]
    [InlineData("net:[1]", "net:[1]", false)]
    [InlineData("net:[2]", null, false)]
    [InlineData(null, "net:[1]", false)]
    [InlineData(null, null, false)]
    public void A_network_is_ours_only_where_that_is_known(string? own, string? machine, bool ours)
        => Assert.Equal(ours, ProbedNetwork.IsOwn(own, machine));
}
