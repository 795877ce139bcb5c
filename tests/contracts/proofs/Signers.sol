// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SignerRules} from "../../../contracts/libraries/SignerRules.sol";

/// @title Any two quorums of any allowed signer set share an honest signer
/// @dev Two sets of T among n share at least 2 T - n signers; more than f of them cannot all lie.
/// @custom:bug contracts/libraries/SignerRules.sol: `uint256 needed = (count + liars + 2) / 2;` => `uint256 needed = (count + liars + 1) / 2;`
contract QuorumsShareAnHonestSigner {
    function check(uint256 count, uint256 tighten, uint256 threshold) external pure {
        SignerRules.requireThresholds(count, tighten, threshold);
        assert(2 * threshold > count + (count - 1) / 3);
    }
}

/// @title In every quorum the honest outnumber the liars
/// @custom:bug contracts/libraries/SignerRules.sol: `if (threshold < needed) revert` => `if (threshold < liars + 1) revert`
contract HonestOutnumberLiars {
    function check(uint256 count, uint256 tighten, uint256 threshold) external pure {
        SignerRules.requireThresholds(count, tighten, threshold);
        uint256 liars = (count - 1) / 3;
        assert(threshold - liars > liars);
    }
}

/// @title Whoever tightens has an honest signer among at least two
/// @custom:bug contracts/libraries/SignerRules.sol: `if (tightenThreshold < tightenNeeded) {` => `if (tightenThreshold + 1 < tightenNeeded) {`
contract TighteningHasAnHonestSigner {
    function check(uint256 count, uint256 tighten, uint256 threshold) external pure {
        SignerRules.requireThresholds(count, tighten, threshold);
        assert(tighten > (count - 1) / 3 && tighten >= 2);
    }
}

/// @title The liars that are allowed for are always under a third, and never none
/// @custom:bug contracts/libraries/SignerRules.sol: `return (count - 1) / 3;` => `return count / 3;`
contract LiarsAreUnderAThird {
    function check(uint256 count, uint256 tighten, uint256 threshold) external pure {
        SignerRules.requireThresholds(count, tighten, threshold);
        uint256 liars = SignerRules.liarsDown(count);
        assert(3 * liars < count && liars >= 1);
    }
}

/// @title A signer that stood earlier in a strictly ascending list cannot stand in it again
/// @dev Induction: `seen` is any earlier one, so at most the last one.
/// @custom:bug contracts/libraries/SignerRules.sol: `if (current <= previous)` => `if (current < previous)`
contract AscendingHasNoDuplicate {
    function check(address seen, address previous, address current) external pure {
        require(seen <= previous);
        SignerRules.requireAscending(previous, current);
        assert(seen < current);
    }
}
