using Xunit;

namespace HmsOrleans.Tests.Engine;

/// <summary><c>[Collection&lt;AloneCollection&gt;]</c> on a class: nothing else runs meanwhile, for what it looks at is a matter of real time.</summary>
[CollectionDefinition(DisableParallelization = true)]
#pragma warning disable CA1711 // "Collection" is the word of xunit for it
public sealed class AloneCollection;
#pragma warning restore CA1711
